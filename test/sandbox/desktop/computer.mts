import { z } from 'zod';
import { property } from '../property.mts';
import { drawScreen } from './screen.mts';
import type { Screen } from './shapes.mts';

/** What the sandbox knows of what a desktop shows. */
export interface Computer {
	cursor: [x: number, y: number];
	/** All that was typed. */
	typed: string;
	/** The keys that were pressed, or held. */
	keys: string[];
}

/** What an action has to say. */
export interface Outcome {
	output?: string;
	base64_image?: string;
	coordinate?: [x: number, y: number];
}

export interface PreparedAction {
	/** How long it takes. */
	seconds: number;
	act: () => Outcome;
}

type Action = (
	params: unknown,
) => z.ZodError | ((computer: Computer, screen: Screen) => PreparedAction);

export function newComputer({ width, height }: Screen): Computer {
	return { cursor: [Math.floor(width / 2), Math.floor(height / 2)], typed: '', keys: [] };
}

/** What an action does once its time is over, or what is wrong with its parameters. */
export function prepareAction(
	name: string,
	params: unknown,
	computer: Computer,
	screen: Screen,
): PreparedAction | string {
	if (!Object.hasOwn(actions, name)) return `Unknown action: ${name}`;
	const prepared = actions[name](params);
	if (prepared instanceof z.ZodError) return `Invalid params of ${name}: ${firstProblem(prepared)}`;
	const outside = pointsOf(params).find(([x, y]) => x >= screen.width || y >= screen.height);
	if (outside)
		return `Outside the screen of ${screen.width}x${screen.height}: ${outside.join(', ')}`;
	return prepared(computer, screen);
}

/** Where and why something is not of its schema. */
export function firstProblem({ issues: [{ path, message }] }: z.ZodError): string {
	return path.length > 0 ? `${path.join('.')}: ${message}` : message;
}

const coordinate = z.tuple([z.number().int().min(0), z.number().int().min(0)]);
const direction = z.enum(['up', 'down', 'left', 'right']);
const amount = z.number().int().min(0);
const duration = z.number().min(0);
const key = z.string().min(1);

/** Strict: a parameter that an action does not know is a mistake of the caller. */
const shapes = {
	nothing: z.object({}).strict(),
	point: z.object({ coordinate }).strict(),
	drag: z.object({ start_coordinate: coordinate, coordinate }).strict(),
	text: z.object({ text: z.string() }).strict(),
	key: z.object({ text: key }).strict(),
	holdKey: z.object({ text: key, duration }).strict(),
	time: z.object({ duration }).strict(),
	scroll: z
		.object({
			coordinate,
			scroll_direction: direction.optional(),
			scroll_amount: amount.optional(),
			direction: direction.optional(),
			amount: amount.optional(),
		})
		.strict()
		.refine(
			(given) =>
				(given.scroll_direction ?? given.direction) !== undefined &&
				(given.scroll_amount ?? given.amount) !== undefined,
			{ message: 'scroll_direction and scroll_amount are required' },
		)
		.refine(
			(given) =>
				(given.direction ?? given.scroll_direction) ===
					(given.scroll_direction ?? given.direction) &&
				(given.amount ?? given.scroll_amount) === (given.scroll_amount ?? given.amount),
			{ message: 'scroll_direction and direction, or scroll_amount and amount, disagree' },
		),
};

const point = action(shapes.point, (given, computer) => moveTo(computer, given.coordinate));

const actions: Record<string, Action> = {
	screenshot: action(shapes.nothing, (_given, computer, screen) => ({
		base64_image: drawScreen(screen, computer).toString('base64'),
	})),
	left_click: point,
	right_click: point,
	double_click: point,
	middle_click: point,
	triple_click: point,
	mouse_move: point,
	left_mouse_down: point,
	left_mouse_up: point,
	left_click_drag: action(shapes.drag, (given, computer) => moveTo(computer, given.coordinate)),
	type: action(shapes.text, ({ text }, computer) => {
		computer.typed += text;
		return { output: `Typed ${text.length} characters` };
	}),
	key: action(shapes.key, ({ text }, computer) => press(computer, text)),
	hold_key: action(shapes.holdKey, ({ text }, computer) => press(computer, text)),
	scroll: action(shapes.scroll, (given, computer) => moveTo(computer, given.coordinate)),
	wait: action(shapes.time, (given) => ({ output: `Waited ${given.duration} seconds` })),
	cursor_position: action(shapes.nothing, (_given, { cursor: [x, y] }) => ({
		output: `X=${x},Y=${y}`,
		coordinate: [x, y],
	})),
};

const pointSchema = {
	type: 'array',
	items: { type: 'integer', minimum: 0 },
	minItems: 2,
	maxItems: 2,
};

/** The tool as it is listed. */
export const computerTool = {
	name: 'computer',
	description: 'See the screen of the desktop, and use its mouse and keyboard',
	parameters: {
		type: 'object',
		properties: {
			action: { type: 'string', enum: Object.keys(actions) },
			coordinate: { ...pointSchema, description: 'Where, as [x, y] in pixels' },
			start_coordinate: { ...pointSchema, description: 'Where a drag begins' },
			text: { type: 'string', description: 'What to type; or the key, such as Return or ctrl+a' },
			duration: { type: 'number', minimum: 0, description: 'How long, in seconds' },
			scroll_direction: { type: 'string', enum: direction.options },
			scroll_amount: { type: 'integer', minimum: 0 },
		},
		required: ['action'],
	},
};

function action<Shape extends z.ZodTypeAny>(
	shape: Shape,
	act: (given: z.infer<Shape>, computer: Computer, screen: Screen) => Outcome,
): Action {
	return (params) => {
		const parsed = shape.safeParse(params);
		if (!parsed.success) return parsed.error;
		return (computer, screen) => ({
			seconds: duration.safeParse(property(params, 'duration')).data ?? 0,
			act: () => act(parsed.data, computer, screen),
		});
	};
}

function moveTo(computer: Computer, cursor: Computer['cursor']): Outcome {
	computer.cursor = cursor;
	return {};
}

function press({ keys }: Computer, pressed: string): Outcome {
	keys.push(pressed);
	return { output: `Pressed ${pressed}` };
}

function pointsOf(params: unknown): Array<Computer['cursor']> {
	return ['coordinate', 'start_coordinate'].flatMap((name) => {
		const { data } = coordinate.safeParse(property(params, name));
		return data ? [data] : [];
	});
}
