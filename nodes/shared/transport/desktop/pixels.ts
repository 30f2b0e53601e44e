/** The size of a picture. */
export interface Pixels {
	width: number;
	height: number;
}

/** Read the width and height from each format. Each function throws a RangeError if the bytes end too early. */
const READERS: Record<string, (bytes: Buffer) => Pixels | undefined> = {
	'image/png': (bytes) => ({ width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) }),
	'image/gif': (bytes) => ({ width: bytes.readUInt16LE(6), height: bytes.readUInt16LE(8) }),
	// A negative height means that the rows begin at the top.
	'image/bmp': (bytes) => ({
		width: bytes.readInt32LE(18),
		height: Math.abs(bytes.readInt32LE(22)),
	}),
	'image/webp': readWebp,
	'image/jpeg': readJpeg,
};

/** The width and height of a picture of this type. Undefined if they cannot be read. */
export function pixelsOf(bytes: Buffer, type: string): Pixels | undefined {
	try {
		const pixels = READERS[type]?.(bytes);
		return pixels !== undefined && pixels.width > 0 && pixels.height > 0 ? pixels : undefined;
	} catch {
		// The bytes end before the size.
		return undefined;
	}
}

/** The three forms of WebP: lossy, lossless and extended. */
function readWebp(bytes: Buffer): Pixels | undefined {
	switch (bytes.toString('latin1', 12, 16)) {
		case 'VP8 ':
			return { width: bytes.readUInt16LE(26) & 0x3fff, height: bytes.readUInt16LE(28) & 0x3fff };
		case 'VP8L': {
			const bits = bytes.readUInt32LE(21);
			return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
		}
		case 'VP8X':
			return { width: bytes.readUIntLE(24, 3) + 1, height: bytes.readUIntLE(27, 3) + 1 };
		default:
			return undefined;
	}
}

/** Segments of a JPEG whose markers are in the range of frames but are not frames. */
const NO_FRAMES = [0xc4, 0xc8, 0xcc];

/** A JPEG is a list of segments, each with its length. The segment that begins the frame has the size. */
function readJpeg(bytes: Buffer): Pixels | undefined {
	let at = 2;
	while (bytes.readUInt8(at) === 0xff) {
		const marker = bytes.readUInt8(at + 1);
		const isFrame = marker >= 0xc0 && marker <= 0xcf && !NO_FRAMES.includes(marker);
		if (isFrame) return { width: bytes.readUInt16BE(at + 7), height: bytes.readUInt16BE(at + 5) };
		// There may be more than one 0xff before a marker.
		at += marker === 0xff ? 1 : 2 + bytes.readUInt16BE(at + 2);
	}
	return undefined;
}
