import type { IDataObject } from 'n8n-workflow';

import { pixelsOf, type Pixels } from './pixels';
import { isObject } from '../isObject';

/** A picture of a screen. */
export interface Picture {
	bytes: Buffer;
	type: string;
	/** The extension of the file name. */
	extension: string;
	/** Its width and height, if its bytes contain them in a known form. */
	pixels?: Pixels;
}

/** The first bytes of each type of picture, each part with its offset. */
const TYPES = [
	{ type: 'image/png', extension: 'png', parts: [{ at: 0, text: '\x89PNG' }] },
	{ type: 'image/jpeg', extension: 'jpg', parts: [{ at: 0, text: '\xff\xd8\xff' }] },
	{ type: 'image/gif', extension: 'gif', parts: [{ at: 0, text: 'GIF8' }] },
	{
		type: 'image/webp',
		extension: 'webp',
		parts: [
			{ at: 0, text: 'RIFF' },
			{ at: 8, text: 'WEBP' },
		],
	},
	{
		type: 'image/bmp',
		extension: 'bmp',
		parts: [
			{ at: 0, text: 'BM' },
			{ at: 6, text: '\0\0\0\0' },
		],
	},
];

/** The beginning of a data URL, which gives the type before the base64 text. */
const DATA_URL = /^\s*data:([^,]{0,200}),/i;

/**
 * Reads a picture in base64. Undefined if the bytes are not a known type of picture and no image type is given, for
 * example if the text says that there is no picture. The bytes take precedence over the given type.
 *
 * @param type the type that is given next to the text, if any
 */
export function toPicture(value: unknown, type = ''): Picture | undefined {
	if (typeof value !== 'string') return undefined;
	const declared = imageTypeIn(DATA_URL.exec(value)?.[1] ?? type);
	const text = value.replace(DATA_URL, '').replace(/\s+/g, '');
	if (!isBase64(text)) return undefined;
	const bytes = Buffer.from(text, 'base64');
	const known = TYPES.find(({ parts }) =>
		parts.every(
			(part) => bytes.toString('latin1', part.at, part.at + part.text.length) === part.text,
		),
	);
	if (known !== undefined)
		return {
			bytes,
			type: known.type,
			extension: known.extension,
			pixels: pixelsOf(bytes, known.type),
		};
	return declared === undefined
		? undefined
		: {
				bytes,
				type: declared,
				extension: declared.replace(/^image\/(x-)?/, '').replace(/[^a-z0-9].*$/, '') || 'bin',
			};
}

function imageTypeIn(text: string): string | undefined {
	return /^image\/[a-z0-9.+-]{1,100}/i.exec(text)?.[0].toLowerCase();
}

/** Checks the alphabet and the length, with or without padding. */
function isBase64(text: string): boolean {
	const [, letters = '', fill = ''] = /^([A-Za-z0-9+/]+)(={0,2})$/.exec(text) ?? [];
	return letters.length % 4 === 1 || letters === ''
		? false
		: fill === '' || (letters.length + fill.length) % 4 === 0;
}

/**
 * The fields with the picture of the screen, in today's responses and in older ones:
 * docs/internals/nenai-api.md#the-desktop-api
 */
const PICTURE_FIELDS = ['base64_image', 'screenshot'];

/** Fields for the bytes and the type of a picture in a content block, in the forms of MCP, Anthropic and OpenAI. */
const BYTES_FIELDS = [...PICTURE_FIELDS, 'data', 'blob', 'base64', 'image', 'url', 'image_url'];
const TYPE_FIELDS = [
	'mimeType',
	'mime_type',
	'mediaType',
	'media_type',
	'contentType',
	'content_type',
];
const IMAGE_BLOCKS: unknown[] = ['image', 'image_url', 'input_image', 'output_image'];

/**
 * Takes the picture of the screen out of a response: from today's field, else from the older one, else from a block. A
 * field that is not a picture stays. Other pictures stay as well: only one becomes a file.
 */
export function takePicture(answer: IDataObject): { rest: IDataObject; picture?: Picture } {
	const taker = new PictureTaker();
	for (const name of PICTURE_FIELDS) taker.take(answer[name], name);
	const entries = Object.entries(answer).filter(
		([name, value]) => !(PICTURE_FIELDS.includes(name) && (value === null || value === '')),
	);
	const rest = taker.leftOf(Object.fromEntries(entries) as IDataObject);
	return { rest: rest === TAKEN ? {} : (rest as IDataObject), picture: taker.picture };
}

const TAKEN = Symbol('taken');

/** A content block, as far as it describes itself as a picture. */
interface Block {
	/** Whether it, or an object around it, describes itself as an image. */
	isImage: boolean;
	type?: string;
}

class PictureTaker {
	picture?: Picture;

	/** The text that contained the picture. */
	private text?: string;

	/** Whether the text is the taken picture. Takes it if none was taken yet. */
	take(text: unknown, name: string, block: Block = { isImage: false }): boolean {
		if (typeof text !== 'string' || (this.text !== undefined && this.text !== text)) return false;
		const isPlace =
			PICTURE_FIELDS.includes(name) ||
			(block.isImage && BYTES_FIELDS.includes(name)) ||
			imageTypeIn(DATA_URL.exec(text)?.[1] ?? '') !== undefined;
		if (!isPlace) return false;
		this.picture ??= toPicture(text, block.type);
		if (this.picture !== undefined) this.text = text;
		return this.picture !== undefined;
	}

	/** A value without the picture. */
	leftOf(value: unknown, name = '', block: Block = { isImage: false }): unknown {
		if (typeof value === 'string') return this.take(value, name, block) ? TAKEN : value;
		if (Array.isArray(value))
			return value.map((each) => this.leftOf(each, name, block)).filter((each) => each !== TAKEN);
		if (!isObject(value)) return value;
		const own = blockOf(value, block);
		const left = Object.entries(value).map(([field, inner]): [string, unknown] => [
			field,
			this.leftOf(inner, field, own),
		]);
		return Object.fromEntries(left.filter(([, inner]) => inner !== TAKEN));
	}
}

function blockOf(object: IDataObject, around: Block): Block {
	const type = TYPE_FIELDS.map((field) => object[field]).find(
		(each) => typeof each === 'string' && imageTypeIn(each) !== undefined,
	);
	return {
		isImage: around.isImage || type !== undefined || IMAGE_BLOCKS.includes(object.type),
		type: typeof type === 'string' ? type : around.type,
	};
}
