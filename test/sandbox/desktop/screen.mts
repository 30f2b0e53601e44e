import { encodePng, type Colour } from './png.mts';
import type { Screen } from './shapes.mts';

/** What can be seen of a desktop. */
export interface Scene {
	cursor: readonly [x: number, y: number];
	/** Shown by its length: one mark for each character. */
	typed: string;
}

const colours: Colour[] = [
	[0, 104, 139],
	[24, 28, 36],
	[255, 255, 255],
	[0, 90, 200],
	[210, 60, 60],
	[225, 229, 235],
	[120, 128, 140],
	[250, 200, 60],
	[0, 0, 0],
];
const [wall, bar, white, blue, red, grey, dark, yellow, black] = colours.keys();

/** The rows of the mouse pointer: its outline and its inside. */
const pointer = [
	'#',
	'##',
	'#.#',
	'#..#',
	'#...#',
	'#....#',
	'#.....#',
	'#......#',
	'#.......#',
	'#....####',
	'#.##..#',
	'## #..#',
	'#   #..#',
	'     ##',
];

/** A picture of a desktop as a PNG: a task bar, a window with a form, and the pointer. The same scene, the same bytes. */
export function drawScreen({ width, height }: Screen, { cursor, typed }: Scene): Buffer {
	const canvas = new Canvas(width, height);
	drawIcons(canvas);
	drawTaskBar(canvas);
	drawWindow(canvas, typed.length);
	canvas.mask(...cursor, pointer, { '#': black, '.': white });
	return encodePng(width, height, colours, canvas.pixels);
}

function drawIcons(canvas: Canvas): void {
	for (const top of [14, 54]) {
		canvas.fill(14, top, 22, 16, yellow);
		canvas.fill(10, top + 22, 30, 4, white);
	}
}

function drawTaskBar(canvas: Canvas): void {
	const top = canvas.height - 24;
	canvas.fill(0, top, canvas.width, 24, bar);
	for (const [x, y] of [
		[8, 5],
		[16, 5],
		[8, 13],
		[16, 13],
	])
		canvas.fill(x, top + y, 7, 7, blue);
	canvas.fill(32, top + 4, 60, 16, dark);
	canvas.fill(canvas.width - 44, top + 10, 36, 4, white);
}

function drawWindow(canvas: Canvas, characters: number): void {
	const [left, top] = [Math.floor(canvas.width * 0.28), Math.floor(canvas.height * 0.12)];
	const [width, height] = [Math.floor(canvas.width * 0.6), Math.floor(canvas.height * 0.64)];
	canvas.fill(left, top, width, height, white);
	canvas.fill(left, top, width, 16, blue);
	canvas.fill(left + 6, top + 6, 48, 4, white);
	canvas.fill(left + width - 14, top + 3, 10, 10, red);
	const fieldWidth = width - 72;
	for (const y of [26, 46, 66]) {
		canvas.fill(left + 8, top + y + 5, 40, 4, dark);
		canvas.fill(left + 60, top + y, fieldWidth, 14, grey);
	}
	for (let index = 0; index < characters && index * 6 + 8 < fieldWidth; index += 1)
		canvas.fill(left + 64 + index * 6, top + 30, 4, 6, black);
	canvas.fill(left + width - 52, top + height - 20, 44, 14, blue);
}

class Canvas {
	readonly width: number;
	readonly height: number;
	readonly pixels: Uint8Array;

	constructor(width: number, height: number) {
		this.width = width;
		this.height = height;
		this.pixels = new Uint8Array(width * height).fill(wall);
	}

	/** What lies outside is left out. */
	fill(left: number, top: number, width: number, height: number, colour: number): void {
		const [from, to] = [Math.max(left, 0), Math.min(left + width, this.width)];
		for (let y = Math.max(top, 0); y < Math.min(top + height, this.height); y += 1)
			this.pixels.fill(colour, y * this.width + from, y * this.width + to);
	}

	/** Sets the pixels of which the mask has a sign. */
	mask(left: number, top: number, rows: string[], signs: Record<string, number>): void {
		for (const [y, row] of rows.entries())
			for (const [x, sign] of [...row].entries())
				if (sign in signs) this.fill(left + x, top + y, 1, 1, signs[sign]);
	}
}
