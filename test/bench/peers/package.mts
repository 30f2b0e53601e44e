/** The nodes that were written for the bench, as n8n loads custom ones. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

/** Compiles the bench's nodes into a folder for N8N_CUSTOM_EXTENSIONS. Their types are `CUSTOM.<name>` then. */
export function writePeers(folder: string): void {
	mkdirSync(folder, { recursive: true });
	for (const name of readdirSync(import.meta.dirname).filter((file) =>
		file.endsWith('.node.mts'),
	)) {
		const { outputText } = ts.transpileModule(
			readFileSync(join(import.meta.dirname, name), 'utf8'),
			{
				compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
			},
		);
		writeFileSync(join(folder, name.replace('.mts', '.js')), outputText);
	}
}
