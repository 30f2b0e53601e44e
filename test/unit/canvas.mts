/** What a workflow looks like in n8n's editor: where its nodes and notes are, and which way its lines take. */
import type { INode } from 'n8n-workflow';
import type { WorkflowJson } from '../n8n/schemas.mts';

interface Box {
	name: string;
	x: number;
	y: number;
	width: number;
	height: number;
}

type Point = readonly [x: number, y: number];

interface Line {
	/** The names of its nodes. */
	from: string;
	to: string;
	/** A curve has many. */
	points: Point[];
}

const NODE = 96;
/** A node with others below it, such as an agent. */
const WIDE_NODE = 256;
/** From the third input or output on, each makes the node higher. */
const MORE_PER_HANDLE = 32;
/** Room below the node, for its name and the line below that. */
const LABEL = { width: 180, height: 60 };
/** How far a loop keeps from its nodes. */
const LOOP = { beside: 40, below: 130 };
/** The line with a "+" at an output that leads nowhere. */
const OPEN_OUTPUT = 115;
/** By so many straight pieces a curve is replaced. */
const PIECES = 16;

export const STICKY_NOTE = 'n8n-nodes-base.stickyNote';

const outputsOf = ({ type, parameters, onError }: INode): number => {
	const regular = (() => {
		if (type === 'n8n-nodes-base.if' || type === 'n8n-nodes-base.splitInBatches') return 2;
		if (type !== 'n8n-nodes-base.switch') return 1;
		const { rules, options } = parameters as {
			rules: { values: unknown[] };
			options: { fallbackOutput?: unknown };
		};
		return rules.values.length + (options.fallbackOutput === 'extra' ? 1 : 0);
	})();
	return regular + (onError === 'continueErrorOutput' ? 1 : 0);
};

const inputsOf = ({ type, parameters }: INode): number =>
	type === 'n8n-nodes-base.merge' ? Number(parameters.numberInputs ?? 2) : 1;

/** Where the handle with this number is, of so many along a side. */
const along = (length: number, number: number, count: number) =>
	(length * (number + 1)) / (count + 1);

/** The order in which an agent has them at its lower side. */
const BELOW = ['ai_languageModel', 'ai_memory', 'ai_tool'];

/** A Bézier curve. */
function curve(...[a, b, c, d]: readonly [Point, Point, Point, Point]): Point[] {
	return Array.from({ length: PIECES + 1 }, (_, n): Point => {
		const t = n / PIECES;
		const at = (axis: 0 | 1) =>
			a[axis] * (1 - t) ** 3 +
			3 * b[axis] * t * (1 - t) ** 2 +
			3 * c[axis] * t ** 2 * (1 - t) +
			d[axis] * t ** 3;
		return [at(0), at(1)];
	});
}

class Canvas {
	/** Two for each node: the node itself, and its name below it. */
	readonly nodes: Box[];
	readonly notes: Box[];
	readonly lines: Line[];
	readonly #byName: ReadonlyMap<string, INode>;
	readonly #wide: ReadonlySet<string>;

	constructor({ nodes, connections }: WorkflowJson) {
		const isNote = ({ type }: INode) => type === STICKY_NOTE;
		this.#byName = new Map(nodes.map((node) => [node.name, node]));
		this.#wide = new Set(
			Object.values(connections).flatMap((byType) =>
				BELOW.flatMap((type) => byType[type] ?? []).flatMap((output) =>
					(output ?? []).map(({ node }) => node),
				),
			),
		);
		this.notes = nodes.filter(isNote).map(({ name, position: [x, y], parameters }) => ({
			name,
			x,
			y,
			width: Number(parameters.width),
			height: Number(parameters.height),
		}));
		this.nodes = nodes
			.filter((node) => !isNote(node))
			.flatMap((node) => {
				const { width, height } = this.#sizeOf(node);
				const {
					name,
					position: [x, y],
				} = node;
				const label = { name, x: x + (width - LABEL.width) / 2, y: y + height, ...LABEL };
				return [{ name, x, y, width, height }, ...(this.#wide.has(name) ? [] : [label])];
			});
		this.lines = Object.entries(connections).flatMap(([from, byType]) =>
			Object.entries(byType).flatMap(([type, outputs]) =>
				outputs.flatMap((output, number) =>
					(output ?? []).map(({ node: to, index }) =>
						type === 'main'
							? this.#mainLine(from, number, to, index)
							: this.#lineFromBelow(from, to, type),
					),
				),
			),
		);
	}

	/** Lines of outputs that lead nowhere yet: n8n draws each with a "+" at its end. */
	openOutputs({ connections }: WorkflowJson): Line[] {
		return [...this.#byName.values()]
			.filter(
				({ name, type }) =>
					type !== STICKY_NOTE &&
					type !== 'n8n-nodes-base.stopAndError' &&
					!BELOW.some((below) => connections[name]?.[below] !== undefined),
			)
			.flatMap((node) => {
				const { width, height } = this.#sizeOf(node);
				const count = outputsOf(node);
				return Array.from({ length: count }, (_, output) => output)
					.filter((output) => (connections[node.name]?.main?.[output] ?? []).length === 0)
					.map((output): Line => {
						const x = node.position[0] + width;
						const y = node.position[1] + along(height, output, count);
						return {
							from: node.name,
							to: '+',
							points: [
								[x, y],
								[x + OPEN_OUTPUT, y],
							],
						};
					});
			});
	}

	#node(name: string): INode {
		const node = this.#byName.get(name);
		if (node === undefined) throw new Error(`No node "${name}"`);
		return node;
	}

	#sizeOf(node: INode) {
		const handles = Math.max(inputsOf(node), outputsOf(node));
		return {
			width: this.#wide.has(node.name) ? WIDE_NODE : NODE,
			height: NODE + Math.max(0, handles - 2) * MORE_PER_HANDLE,
		};
	}

	#mainLine(from: string, output: number, to: string, input: number): Line {
		const [source, target] = [this.#node(from), this.#node(to)];
		const { width, height } = this.#sizeOf(source);
		const x = source.position[0] + width;
		const y = source.position[1] + along(height, output, outputsOf(source));
		const toX = target.position[0];
		const toY = target.position[1] + along(this.#sizeOf(target).height, input, inputsOf(target));
		const isLoop = x > toX;
		const half = (toX - x) / 2;
		const points: Point[] = isLoop
			? [
					[x, y],
					[x + LOOP.beside, y],
					[x + LOOP.beside, y + LOOP.below],
					[toX - LOOP.beside, y + LOOP.below],
					[toX - LOOP.beside, toY],
					[toX, toY],
				]
			: curve([x, y], [x + half, y], [toX - half, toY], [toX, toY]);
		return { from, to, points };
	}

	#lineFromBelow(from: string, to: string, type: string): Line {
		const [source, target] = [this.#node(from), this.#node(to)];
		const { width, height } = this.#sizeOf(target);
		const x = source.position[0] + NODE / 2;
		const y = source.position[1];
		const toX = target.position[0] + along(width, BELOW.indexOf(type), BELOW.length);
		const toY = target.position[1] + height;
		const half = (toY - y) / 2;
		return {
			from,
			to,
			points: curve([x, y], [x, y + half], [toX, toY - half], [toX, toY]),
		};
	}
}

const pairs = <T,>(all: readonly T[]): Array<readonly [T, T]> =>
	all.flatMap((one, n) => all.slice(n + 1).map((other) => [one, other] as const));

const segments = ({ points }: Line) => points.slice(1).map((end, n) => [points[n], end] as const);

type Segment = ReturnType<typeof segments>[number];

const overlap = (a: Box, b: Box) =>
	a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

/** Positive where the three points turn to one side, negative to the other, 0 where they are in a line. */
const turn = ([ax, ay]: Point, [bx, by]: Point, [cx, cy]: Point) =>
	Math.sign((bx - ax) * (cy - ay) - (by - ay) * (cx - ax));

const isBetween = ([ax, ay]: Point, [bx, by]: Point, [x, y]: Point) =>
	Math.min(ax, bx) <= x && x <= Math.max(ax, bx) && Math.min(ay, by) <= y && y <= Math.max(ay, by);

function meet([a, b]: Segment, [c, d]: Segment): boolean {
	const [abc, abd, cda, cdb] = [turn(a, b, c), turn(a, b, d), turn(c, d, a), turn(c, d, b)];
	return (
		(abc !== abd && cda !== cdb) ||
		(abc === 0 && isBetween(a, b, c)) ||
		(abd === 0 && isBetween(a, b, d)) ||
		(cda === 0 && isBetween(c, d, a)) ||
		(cdb === 0 && isBetween(c, d, b))
	);
}

const cuts = (segment: Segment, { x, y, width, height }: Box) => {
	const corners: Point[] = [
		[x, y],
		[x + width, y],
		[x + width, y + height],
		[x, y + height],
	];
	const isInside = ([px, py]: Point) => px > x && px < x + width && py > y && py < y + height;
	return (
		segment.some(isInside) ||
		corners.some((corner, n) => meet(segment, [corner, corners[(n + 1) % corners.length]]))
	);
};

const isSame = ([ax, ay]: Point, [bx, by]: Point) => ax === bx && ay === by;

/** Lines that begin or end at the same place must meet there. */
const meetAtAnEnd = (a: Line, b: Line) =>
	isSame(a.points[0], b.points[0]) ||
	isSame(a.points[a.points.length - 1], b.points[b.points.length - 1]);

const named = ({ from, to }: Line) => `${from} → ${to}`;

/** What lies over something else: nodes, their names, notes and lines. */
export function problemsOn(workflow: WorkflowJson): string[] {
	const canvas = new Canvas(workflow);
	const { nodes, notes } = canvas;
	const lines = [...canvas.lines, ...canvas.openOutputs(workflow)];
	const boxes = [...nodes, ...notes];
	const overlaps = pairs(boxes)
		.filter(([a, b]) => a.name !== b.name && overlap(a, b))
		.map(([a, b]) => `${a.name} and ${b.name} overlap`);
	const cut = lines.flatMap((line) =>
		boxes
			.filter(
				(box) =>
					![line.from, line.to].includes(box.name) &&
					segments(line).some((segment) => cuts(segment, box)),
			)
			.map(({ name }) => `${named(line)} runs through ${name}`),
	);
	const crossing = pairs(lines)
		.filter(
			([a, b]) =>
				!meetAtAnEnd(a, b) &&
				segments(a).some((one) => segments(b).some((other) => meet(one, other))),
		)
		.map(([a, b]) => `${named(a)} crosses ${named(b)}`);
	return [...new Set([...overlaps, ...cut, ...crossing])];
}
