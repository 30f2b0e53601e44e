import type { IBinaryData, IExecuteFunctions } from 'n8n-workflow';

/** How the bytes of a picture begin, by its type. */
const TYPES = [
	{ type: 'image/png', name: 'screenshot.png', begins: [0x89, 0x50, 0x4e, 0x47] },
	{ type: 'image/jpeg', name: 'screenshot.jpg', begins: [0xff, 0xd8, 0xff] },
];

const UNKNOWN = { type: 'application/octet-stream', name: 'screenshot.bin' };

/** A picture of a screen as n8n keeps files. NenAI does not say its type, so its bytes do. */
export async function storePicture(this: IExecuteFunctions, picture: Buffer): Promise<IBinaryData> {
	const { type, name } = typeOfPicture(picture);
	return await this.helpers.prepareBinaryData(picture, name, type);
}

export function typeOfPicture(picture: Buffer): { type: string; name: string } {
	return TYPES.find(({ begins }) => begins.every((byte, index) => picture[index] === byte)) ?? UNKNOWN;
}
