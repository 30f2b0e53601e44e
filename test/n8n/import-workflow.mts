/** Exported workflows, made ready to be saved in another n8n. */
import type { INode } from 'n8n-workflow';
import type { WorkflowJson } from './schemas.mts';

export interface ImportOptions {
	/** What each credential type becomes in this n8n; types not named here keep what the export has. */
	credentials?: Readonly<Record<string, { id: string; name: string }>>;
	name?: string;
}

/** An exported workflow without what belonged to the n8n it comes from (ids, state), and with this n8n's credentials. */
export function prepareImport(exported: WorkflowJson, options: ImportOptions = {}): WorkflowJson {
	const { connections, settings = {}, pinData = {} } = exported;
	const nodes = exported.nodes.map((node) => withCredentials(node, options.credentials ?? {}));
	return { name: options.name ?? exported.name, nodes, connections, settings, pinData };
}

function withCredentials(node: INode, known: NonNullable<ImportOptions['credentials']>): INode {
	if (node.credentials === undefined) return node;
	const mapped = Object.entries(node.credentials).map(
		([type, exported]) => [type, known[type] ?? exported] as const,
	);
	return { ...node, credentials: Object.fromEntries(mapped) };
}
