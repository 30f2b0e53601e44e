import { Buffer } from 'node:buffer';
import { crc32, deflateSync } from 'node:zlib';

export type Colour = readonly [red: number, green: number, blue: number];

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** A PNG with a palette. `pixels` has an index into the colours for each pixel, row after row. */
export function encodePng(
	width: number,
	height: number,
	colours: Colour[],
	pixels: Uint8Array,
): Buffer {
	const header = Buffer.alloc(13);
	header.writeUInt32BE(width, 0);
	header.writeUInt32BE(height, 4);
	// Eight bits, palette; the usual compression and filters, not interlaced.
	header.set([8, 3, 0, 0, 0], 8);
	// Before each row stands its filter: none.
	const rows = Buffer.alloc((width + 1) * height);
	for (let y = 0; y < height; y += 1)
		rows.set(pixels.subarray(y * width, (y + 1) * width), y * (width + 1) + 1);
	return Buffer.concat([
		signature,
		chunk('IHDR', header),
		chunk('PLTE', Buffer.from(colours.flat())),
		chunk('IDAT', deflateSync(rows)),
		chunk('IEND', Buffer.alloc(0)),
	]);
}

function chunk(type: string, data: Buffer): Buffer {
	const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
	const typed = Buffer.concat([Buffer.from(type, 'latin1'), data]);
	length.writeUInt32BE(data.length);
	checksum.writeUInt32BE(crc32(typed));
	return Buffer.concat([length, typed, checksum]);
}
