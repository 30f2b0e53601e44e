/** Computer → Screenshot, and the pictures that actions give. */
import type { IBinaryData } from 'n8n-workflow';
import { withSandbox } from '../../../sandbox/cases.mts';
import type { Sandbox } from '../../../sandbox/index.mts';
import { computerTestKit, PIXEL } from '../../computerTestKit.mts';

let sandbox: Sandbox;
let id: string;
withSandbox((given) => (sandbox = given), { desktopTimeScale: 0.01 });
beforeEach(() => {
	id = sandbox.desktops.add();
});

const { user, use, click } = computerTestKit(
	() => sandbox,
	() => id,
);
const pngOf = ({ data }: IBinaryData) => Buffer.from(data, 'base64').subarray(1, 4).toString();
const JPEG = Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 16]);

test('a screenshot is a PNG in data, and not in the JSON', async () => {
	const {
		items: [{ json, binary }],
	} = await use('screenshot');
	expect(json).toEqual({ status: 'ok' });
	expect(binary?.data).toMatchObject({
		mimeType: 'image/png',
		fileName: 'screenshot.png',
		fileType: 'image',
		fileExtension: 'png',
	});
	expect(pngOf(binary?.data as IBinaryData)).toBe('PNG');
});

test('in another field', async () => {
	const {
		items: [{ binary }],
	} = await use('screenshot', { parameters: { binaryPropertyName: 'screen' } });
	expect(Object.keys(binary ?? {})).toEqual(['screen']);
});

test('of the older form of answers', async () => {
	sandbox.setDefaults({ desktopAnswers: 'older' });
	const {
		items: [{ json, binary }],
	} = await use('screenshot');
	expect(json).toEqual({ success: true, output: null, error: null });
	expect(binary?.data.mimeType).toBe('image/png');
	expect((await use('type', { parameters: { text: 'a' } })).items[0]).toEqual({
		json: { success: true, output: 'Typed 1 characters', error: null },
		pairedItem: { item: 0 },
	});
});

test.each([
	['JPEG', JPEG.toString('base64'), 'image/jpeg', 'screenshot.jpg'],
	[
		'PNG with its type before it',
		`data:image/png;base64,${PIXEL.toString('base64')}`,
		'image/png',
		'screenshot.png',
	],
	[
		'PNG in lines',
		PIXEL.toString('base64').replace(/.{20}/g, '$&\r\n'),
		'image/png',
		'screenshot.png',
	],
	['GIF', Buffer.from('GIF89a').toString('base64'), 'image/gif', 'screenshot.gif'],
	[
		'WebP',
		Buffer.from('RIFF\x10\0\0\0WEBPVP8 ').toString('base64'),
		'image/webp',
		'screenshot.webp',
	],
	[
		'BMP',
		Buffer.from('BM\x10\0\0\0\0\0\0\0').toString('base64').replace(/=+$/, ''),
		'image/bmp',
		'screenshot.bmp',
	],
	[
		'of a type that is declared',
		'data:image/avif;base64,AAAAHGZ0eXA=',
		'image/avif',
		'screenshot.avif',
	],
])('a picture that is %s', async (_, base64_image, mimeType, fileName) => {
	user.fail({ answer: { status: 'ok', base64_image } });
	expect((await use('screenshot')).items[0].binary?.data).toMatchObject({ mimeType, fileName });
});

const NO_PICTURES = [
	'',
	null,
	undefined,
	7,
	'none',
	'not available',
	'iVBORw0KG',
	'SGVsbG8gd29ybGQ=',
	'data:text/plain;base64,SGVsbG8gd29ybGQ=',
	`${PIXEL.toString('base64')}!`,
];

test('after an action, what is no picture does not stand in for one', async () => {
	user.fail({ answer: { status: 'ok', screenshot: 'none' } }, 1, { action: 'left_click' });
	const {
		items: [{ binary }],
	} = await click({ options: { screenshotAfter: true } });
	expect(binary?.data.mimeType).toBe('image/png');
});

test.each(NO_PICTURES)('a screenshot without a picture (%j) is an error', async (base64_image) => {
	user.fail({ answer: { status: 'ok', base64_image } });
	const { error } = await use('screenshot');
	expect(error?.message).toMatch(
		/^NenAI answered the request for a screenshot of desktop dsk_\w+, but the response has no picture in a known format: PNG, JPEG, GIF, WebP or BMP in base64 \(HTTP 200\)/,
	);
});

test('after an action, where it is wanted', async () => {
	const {
		items: [{ json, binary }],
	} = await click({ options: { screenshotAfter: true } });
	expect(json).toEqual({ status: 'ok' });
	expect(binary?.data.mimeType).toBe('image/png');
	expect(user.actions().map(([action]) => action)).toEqual(['left_click', 'screenshot']);
});

test('none is taken unless it is wanted', async () => {
	expect((await click()).items[0].binary).toBeUndefined();
});

test("the action's own picture is enough, and comes out in any case", async () => {
	user.fail({ answer: { status: 'ok', base64_image: PIXEL.toString('base64') } });
	for (const screenshotAfter of [true, false])
		expect((await click({ options: { screenshotAfter } })).items[0].binary?.data.mimeType).toBe(
			'image/png',
		);
	expect(user.actions().map(([action]) => action)).toEqual(['left_click', 'left_click']);
});

test('one that cannot be taken is a hint: the action is done', async () => {
	user.fail({ refuse: { status: 400, body: { error: 'The screen is off' } } }, undefined, {
		action: 'screenshot',
	});
	const { items, error, hints } = await click({ options: { screenshotAfter: true } });
	expect(error).toBeUndefined();
	expect(items[0]).toEqual({ json: { status: 'ok' }, pairedItem: { item: 0 } });
	expect(hints).toEqual([
		`Item 0: The action was completed, but no picture of the screen could be taken. NenAI rejected the request for a screenshot of desktop ${id} (HTTP 400): The screen is off. Check the parameters: something is missing, has the wrong form, or is outside the screen.`,
	]);
});

test('no text has two full stops in a row', async () => {
	user.fail({ refuse: { status: 400, body: { error: 'The screen is off.' } } }, undefined, {
		action: 'screenshot',
	});
	expect((await click({ options: { screenshotAfter: true } })).hints[0]).toContain(
		'The screen is off. Check the parameters',
	);
	expect((await use('screenshot')).error?.message).toMatch(/The screen is off \[item 0\]$/);
});

test('one that fails for a moment is taken again', async () => {
	user.fail({ refuse: { status: 502 } }, 1, { action: 'screenshot' });
	const { items, hints } = await click({ options: { screenshotAfter: true } });
	expect(items[0].binary?.data.mimeType).toBe('image/png');
	expect(hints).toEqual([]);
});

describe('an image in a block of its own comes out as the file, and leaves the JSON', () => {
	const DATA = PIXEL.toString('base64');
	const OTHER = JPEG.toString('base64');

	test.each<[string, object, object]>([
		[
			'of MCP',
			{
				output: [
					{ type: 'text', text: 'Done' },
					{ type: 'image', data: DATA, mimeType: 'image/png' },
				],
			},
			{
				output: [
					{ type: 'text', text: 'Done' },
					{ type: 'image', mimeType: 'image/png' },
				],
			},
		],
		[
			'of MCP without its type',
			{ output: [{ type: 'image', data: DATA }] },
			{ output: [{ type: 'image' }] },
		],
		[
			'of Anthropic',
			{
				output: [
					{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: DATA } },
				],
			},
			{ output: [{ type: 'image', source: { type: 'base64', media_type: 'image/png' } }] },
		],
		[
			'of OpenAI',
			{ output: [{ type: 'image_url', image_url: { url: `data:image/png;base64,${DATA}` } }] },
			{ output: [{ type: 'image_url', image_url: {} }] },
		],
		[
			'in a resource',
			{
				result: {
					content: [
						{
							type: 'resource',
							resource: { uri: 'screen://1', mimeType: 'image/png', blob: DATA },
						},
					],
				},
			},
			{
				result: {
					content: [{ type: 'resource', resource: { uri: 'screen://1', mimeType: 'image/png' } }],
				},
			},
		],
		[
			'that is not in a list',
			{ output: { type: 'image', data: DATA } },
			{ output: { type: 'image' } },
		],
		[
			'in the usual field, deeper',
			{ result: { base64_image: DATA, kept: 1 } },
			{ result: { kept: 1 } },
		],
		['as a URL of its data', { output: `data:image/png;base64,${DATA}` }, {}],
		[
			'twice',
			{ base64_image: DATA, output: [{ type: 'image', data: DATA, mimeType: 'image/png' }] },
			{ output: [{ type: 'image', mimeType: 'image/png' }] },
		],
	])('%s', async (_, answer, json) => {
		user.fail({ answer: { status: 'ok', ...answer } });
		for (const {
			items: [item],
		} of [await use('screenshot'), await click()]) {
			expect(item.json).toEqual({ status: 'ok', ...json });
			expect(item.binary?.data).toMatchObject({ mimeType: 'image/png', data: DATA });
		}
	});

	test('of two, the first is the file, and the other stays', async () => {
		const other = { type: 'image', data: OTHER, mimeType: 'image/jpeg' };
		user.fail({ answer: { status: 'ok', output: [other], base64_image: DATA } });
		const {
			items: [{ json, binary }],
		} = await use('screenshot');
		expect(json).toEqual({ status: 'ok', output: [other] });
		expect(binary?.data.mimeType).toBe('image/png');
	});

	test.each<[string, object]>([
		['a text under screenshot', { screenshot: 'The screen is locked' }],
		['a text under base64_image', { base64_image: 'not available' }],
		['a list under screenshot', { screenshot: ['a.png'] }],
		['a text that is called data', { output: [{ type: 'text', data: DATA }] }],
		['base64 that is no image', { output: [{ type: 'image', data: 'SGVsbG8gd29ybGQ=' }] }],
		['base64 in no block', { output: DATA }],
		['the name of a type', { output: [{ type: 'image', mimeType: 'image/jpeg' }] }],
	])('but %s stays', async (_, answer) => {
		user.fail({ answer: { status: 'ok', ...answer } });
		const {
			items: [{ json, binary }],
		} = await click();
		expect(json).toEqual({ status: 'ok', ...answer });
		expect(binary).toBeUndefined();
	});
});

describe('the size of a picture stands beside the file, and not in the JSON', () => {
	test('as its screen is', async () => {
		sandbox.setDefaults({ desktopScreen: { width: 1920, height: 1080 } });
		const {
			items: [{ json, binary }],
		} = await user.use('computer', 'screenshot', {
			parameters: { desktopId: sandbox.desktops.add() },
		});
		expect(json).toEqual({ status: 'ok' });
		expect(binary?.data).toMatchObject({
			width: 1920,
			height: 1080,
			mimeType: 'image/png',
			fileName: 'screenshot.png',
		});
	});
});
