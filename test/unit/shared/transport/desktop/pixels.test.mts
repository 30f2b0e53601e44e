/** The width and height that a picture says itself. */
import { pixelsOf } from '../../../../../nodes/shared/transport/desktop/pixels';

/** These bytes, and zeros behind them. */
const bytes = (...parts: Array<number[] | string>) =>
	Buffer.concat([
		...parts.map((part) =>
			typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from(part),
		),
		Buffer.alloc(16),
	]);
const [W, H] = [1920, 1080];
const WIDE = [W >> 8, W & 255];
const HIGH = [H >> 8, H & 255];
const turned = (two: number[]) => [two[1], two[0]];

const PICTURES: Array<[string, string, Buffer]> = [
	[
		'PNG',
		'image/png',
		bytes('\x89PNG\r\n\x1a\n', [0, 0, 0, 13], 'IHDR', [0, 0, ...WIDE], [0, 0, ...HIGH]),
	],
	['GIF', 'image/gif', bytes('GIF89a', turned(WIDE), turned(HIGH))],
	[
		'BMP',
		'image/bmp',
		bytes(
			'BM',
			new Array<number>(12).fill(0),
			[40, 0, 0, 0],
			[...turned(WIDE), 0, 0],
			[...turned(HIGH), 0, 0],
		),
	],
	[
		'BMP from above',
		'image/bmp',
		bytes(
			'BM',
			new Array<number>(12).fill(0),
			[40, 0, 0, 0],
			[...turned(WIDE), 0, 0],
			[256 - HIGH[1], 255 - HIGH[0], 255, 255],
		),
	],
	[
		'WebP with losses',
		'image/webp',
		bytes('RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9d\x01\x2a', turned(WIDE), turned(HIGH)),
	],
	[
		'WebP without',
		'image/webp',
		bytes('RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f', [
			(W - 1) & 255,
			((W - 1) >> 8) | (((H - 1) & 3) << 6),
			((H - 1) >> 2) & 255,
			(H - 1) >> 10,
		]),
	],
	[
		'WebP extended',
		'image/webp',
		bytes(
			'RIFF\0\0\0\0WEBPVP8X\0\0\0\0\0\0\0\0',
			[(W - 1) & 255, (W - 1) >> 8, 0],
			[(H - 1) & 255, (H - 1) >> 8, 0],
		),
	],
	[
		'JPEG',
		'image/jpeg',
		bytes(
			[0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 1, 0xff, 0xc4, 0, 2, 0xff, 0xff, 0xc2, 0, 17, 8],
			HIGH,
			WIDE,
		),
	],
];

test.each(PICTURES)('%s', (_, type, picture) => {
	expect(pixelsOf(picture, type)).toEqual({ width: W, height: H });
});

test.each(PICTURES)('%s that is cut off anywhere', (_, type, picture) => {
	for (let length = 0; length < picture.length; length += 1)
		expect([undefined, W]).toContain(pixelsOf(picture.subarray(0, length), type)?.width);
});

test.each([
	['of another type', 'image/avif', Buffer.alloc(100)],
	['without a size', 'image/png', Buffer.alloc(100)],
	['JPEG that has no frame', 'image/jpeg', bytes([0xff, 0xd8, 0xff, 0xda, 0, 2])],
	['JPEG of nothing but fill', 'image/jpeg', Buffer.alloc(1000, 0xff)],
	['WebP of another form', 'image/webp', bytes('RIFF\0\0\0\0WEBPVP9 ')],
])('none of one %s', (_, type, picture) => {
	expect(pixelsOf(picture, type)).toBeUndefined();
});
