/** Workflows built by tests and measurements. */
import type { INode } from 'n8n-workflow';
import type { WorkflowJson } from './schemas.mts';

/** A node of n8n's own or, with a package's name before a dot in its type, of that package. Its id is its name. */
export function node(
	name: string,
	type: string,
	typeVersion: number,
	parameters: INode['parameters'],
	more: Partial<INode> = {},
): INode {
	const fullType = type.includes('.') ? type : `n8n-nodes-base.${type}`;
	return { id: name, name, type: fullType, typeVersion, position: [0, 0], parameters, ...more };
}

/** How far nodes stand apart on the canvas. */
const DISTANCE = 220;

/** Nodes one behind the other. */
export function chain(name: string, nodes: INode[]): WorkflowJson {
	const links = nodes
		.slice(1)
		.map((next, index) => [
			nodes[index].name,
			{ main: [[{ node: next.name, type: 'main' as const, index: 0 }]] },
		]);
	const inOneLine = nodes.map(
		(each, index): INode => ({ ...each, position: [index * DISTANCE, 0] }),
	);
	return {
		name,
		nodes: inOneLine,
		connections: Object.fromEntries(links),
		settings: { executionOrder: 'v1' },
	};
}
