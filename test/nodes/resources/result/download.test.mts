import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { BinaryDataService } from 'n8n-core';
import type { IDataObject, INodeParameters } from 'n8n-workflow';
import { withSandbox } from '../../../sandbox/cases.mts';
import type { FileSpec, Sandbox } from '../../../sandbox/index.mts';
import { Credentials, execute, type ExecuteOptions } from '../../engine.mts';

const IDS = { workflow_id: 'w', message_id: 'm' };
let sandbox: Sandbox;
withSandbox((given) => (sandbox = given));
const servers: Server[] = [];
afterEach(() => {
	jest.restoreAllMocks();
	for (const server of servers.splice(0)) server.close().closeAllConnections();
});

/** For what the sandbox does not serve: answers that are wrong by themselves. Gives the address, without a slash at the end. */
async function serve(listener: RequestListener): Promise<string> {
	const server = createServer(listener);
	servers.push(server);
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

type DownloadOptions = Partial<Omit<ExecuteOptions, 'parameters'>> & {
	parameters?: INodeParameters;
	options?: INodeParameters;
};

const download = ({ parameters, options = {}, ...rest }: DownloadOptions = {}) =>
	execute({
		credentials: new Credentials({ apiKey: sandbox.apiKey, baseUrl: sandbox.url }),
		...rest,
		parameters: {
			resource: 'result',
			operation: 'download',
			payload: '={{ $json }}',
			options,
			...parameters,
		},
	});

const file = (spec: FileSpec) => sandbox.files.url(sandbox.files.add(spec));
const textFile = (text: string, more: Partial<FileSpec> = {}) =>
	file({ name: 'a.txt', text, ...more });
const textOf = (data: string | undefined) => Buffer.from(data ?? '', 'base64').toString();
const host = () => new URL(sandbox.url).host;
const fileRequests = () =>
	sandbox.state().requests.filter(({ path }) => path.startsWith('/files/'));
const CONTINUE = { onError: 'continueRegularOutput' } as const;

describe('what comes out', () => {
	test('an item for each file, wherever its link is, without the link itself', async () => {
		const payload = {
			...IDS,
			status: 'success',
			assets: textFile('one', { contentType: 'text/csv; charset=utf-8' }),
			result: { files: [{ url: textFile('two') }] },
		};
		const { items, error } = await download({ items: [payload] });
		expect(error).toBeUndefined();
		expect(items.map(({ json }) => json)).toEqual([
			{
				field: 'assets',
				url_host: host(),
				fileName: 'a.txt',
				mimeType: 'text/csv',
				fileSize: 3,
				...IDS,
			},
			{
				field: 'result.files.0.url',
				url_host: host(),
				fileName: 'a.txt',
				mimeType: expect.any(String),
				fileSize: 3,
				...IDS,
			},
		]);
		expect(items.map(({ binary }) => textOf(binary?.data.data))).toEqual(['one', 'two']);
		expect(items.map(({ pairedItem }) => pairedItem)).toEqual([{ item: 0 }, { item: 0 }]);
		expect(JSON.stringify(items)).not.toMatch(/signature=|expires=/);
	});

	test('one item for all files', async () => {
		const payload = { ...IDS, a: textFile('one'), b: textFile('two') };
		const { items } = await download({
			items: [payload],
			parameters: { output: 'singleItem', binaryPropertyName: 'pdf' },
		});
		expect(items).toHaveLength(1);
		expect(
			Object.entries(items[0].binary ?? {}).map(([name, { data }]) => [name, textOf(data)]),
		).toEqual([
			['pdf_0', 'one'],
			['pdf_1', 'two'],
		]);
		expect(items[0].json).toMatchObject({
			files: [{ field: 'a', fileName: 'a.txt', ...IDS }, { field: 'b' }],
		});
	});

	test('a link that is there twice is downloaded once; a payload without links gives nothing', async () => {
		const url = textFile('one');
		const { items } = await download({
			items: [
				{ a: url, b: url },
				{ status: 'failed', error: 'see https://a.example for help' },
			],
		});
		expect(items).toHaveLength(1);
		expect(fileRequests()).toHaveLength(1);
	});

	test.each([
		[['a'], ['one']],
		[['deep.list'], ['two', 'three']],
		[
			['deep.list.1', 'a'],
			['one', 'three'],
		],
		['deep.list.1, a', ['one', 'three']],
		['deep.list[1]', ['three']],
		[null, ['one', 'two', 'three']],
	])('only the fields %j', async (fields, expected) => {
		const payload = { a: textFile('one'), deep: { list: [textFile('two'), textFile('three')] } };
		const { items } = await download({ items: [payload], options: { fields: fields as string[] } });
		expect(items.map(({ binary }) => textOf(binary?.data.data))).toEqual(expected);
	});

	test('the payload may be given as text', async () => {
		const { items } = await download({
			items: [{ body: JSON.stringify({ a: textFile('one') }) }],
			parameters: { payload: '={{ $json.body }}' },
		});
		expect(items).toHaveLength(1);
	});

	test('no API key and no cookie goes to the links', async () => {
		await download({ items: [{ a: textFile('one') }] });
		const [{ headers }] = fileRequests();
		expect([headers['x-api-key'], headers.cookie, headers.authorization]).toEqual([
			undefined,
			undefined,
			undefined,
		]);
	});

	test('at most maxConcurrency files at a time', async () => {
		const urls = Array.from({ length: 8 }, (_, i) =>
			textFile(String(i), { fault: { delayMs: 60 } }),
		);
		await download({ items: [{ urls }], options: { maxConcurrency: 2 } });
		expect(sandbox.state().counts).toMatchObject({ maxConcurrentFileRequests: 2 });
		expect(fileRequests()).toHaveLength(8);
	});
});

describe('errors', () => {
	const LABEL = /a\.txt \(field a, host 127\.0\.0\.1:\d+\)/;
	const FAULTS: Array<[what: string, spec: Partial<FileSpec>, says: RegExp, requests: number]> = [
		['403', { fault: { status: 403 } }, /download of .*\(HTTP 403\) \[item 0\]/, 1],
		['404', { fault: { status: 404 } }, /download of .*\(HTTP 404\) \[item 0\]/, 1],
		['500 every time', { fault: { status: 500 } }, /download of .*\(HTTP 500\) \[item 0\]/, 3],
		[
			'cut short every time',
			{ text: 'x'.repeat(1000), fault: { cutAfterBytes: 10 } },
			/was cut short \(HTTP 200\): the connection broke before the end \[item 0\]/,
			3,
		],
		[
			'a redirect to something else',
			{ fault: { redirectTo: 'ftp://127.0.0.1/a' } },
			/redirects to something that is not an http\(s\) URL/,
			1,
		],
	];

	test.each(FAULTS)('%s', async (_, spec, says, requests) => {
		const { error, items } = await download({ items: [{ a: textFile('one', spec) }] });
		expect(error?.message).toMatch(LABEL);
		expect(error?.message).toMatch(says);
		expect(error?.stored).not.toMatch(/signature=/);
		expect(items).toEqual([]);
		expect(fileRequests()).toHaveLength(requests);
	});

	test.each([{ status: 500 }, { status: 429 }, { cutAfterBytes: 1 }])(
		'%j once is tried again',
		async (fault) => {
			const { items } = await download({
				items: [{ a: textFile('one', { fault: { ...fault, times: 1 } }) }],
			});
			expect(items.map(({ binary, json }) => [textOf(binary?.data.data), json.fileSize])).toEqual([
				['one', 3],
			]);
			expect(fileRequests()).toHaveLength(2);
		},
	);

	test('expired links: says when, with no request for any file', async () => {
		const expires_at = Math.floor(Date.now() / 1000) - 10;
		const { error } = await download({
			items: [{ a: textFile('one') }, { expires_at, b: textFile('two') }],
		});
		expect(error?.message).toBe(
			`The link in b expired at ${new Date(expires_at * 1000).toISOString()} [item 1]`,
		);
		expect(fileRequests()).toHaveLength(0);
	});

	test.each([
		['with Content-Length', {}],
		['without', { chunked: true }],
	])('a file larger than allowed, %s', async (_, spec) => {
		const url = file({ name: 'big.bin', size: 3 * 1024 * 1024, ...spec });
		expect(
			(await download({ items: [{ url }], options: { maxFileSize: 2 } })).error?.message,
		).toMatch(/big\.bin.* is larger than allowed \(2 MB\)/);
		expect(
			(await download({ items: [{ url }], options: { maxFileSize: 4 } })).items[0].json.fileSize,
		).toBe(3 * 1024 * 1024);
	});

	test('with "Continue on fail" the others go on', async () => {
		const { items, error } = await download({
			items: [
				{ a: textFile('one', { fault: { status: 404 } }), b: textFile('two') },
				{ expires_at: 1, c: textFile('three') },
			],
			settings: CONTINUE,
			options: { maxConcurrency: 1 },
		});
		expect(error).toBeUndefined();
		expect(items.map(({ json }) => json.error ?? json.field)).toEqual([
			'b',
			expect.stringMatching(/a\.txt .*HTTP 404\) \[item 0\]\. The file no longer exists/),
			expect.stringMatching(/The link in c expired at 1970.*\[item 1\]/),
		]);
	});

	test('a payload that is no object', async () => {
		const { error } = await download({ parameters: { payload: '[]' } });
		expect(error?.message).toBe(
			'Result with File Links (payload) must be a JSON object, but is a list [item 0]',
		);
	});
});

describe('allowed hosts', () => {
	test('others are not asked, and no file is downloaded', async () => {
		const { error } = await download({
			items: [{ a: textFile('one'), b: 'https://elsewhere.example/x?token=1' }],
			options: { allowedHosts: ' 127.0.0.1 ,b.example' },
		});
		expect(error?.message).toBe(
			'The link in b leads to elsewhere.example, which is not an allowed host [item 0]',
		);
		expect(fileRequests()).toHaveLength(0);
	});

	test('hold for redirects', async () => {
		const target = textFile('one').replace('127.0.0.1', 'localhost');
		const a = textFile('', { fault: { redirectTo: target } });
		expect(
			(await download({ items: [{ a }], options: { allowedHosts: '127.0.0.1' } })).error?.message,
		).toMatch(/leads to localhost:\d+, which is not an allowed host/);
		expect(
			(await download({ items: [{ a }], options: { allowedHosts: '127.0.0.1, localhost' } }))
				.items[0].json.fileSize,
		).toBe(3);
	});

	test('a redirect in a circle ends', async () => {
		const a = await serve((_, response) => response.writeHead(302, { location: '/again' }).end());
		const { error } = await download({ items: [{ a }] });
		expect(error?.message).toMatch(/redirects more than 5 times/);
	});
});

test.each<[string, string | undefined, string]>([
	['plain', 'attachment; filename="report 1.pdf"', 'report 1.pdf'],
	[
		'UTF-8 form first',
		'attachment; filename="x.pdf"; filename*=UTF-8\'\'Bericht%20%E2%82%AC.pdf',
		'Bericht €.pdf',
	],
	['a path', 'attachment; filename="../../etc/passwd"', 'passwd'],
	['none: the path of the URL', undefined, 'a.txt'],
])('file names in n8n: %s', async (_, contentDisposition, fileName) => {
	const { items } = await download({
		items: [{ a: textFile('one', { contentDisposition }) } as IDataObject],
	});
	expect(items[0].json.fileName).toBe(fileName);
	expect(items[0].binary?.data.fileName).toBe(fileName);
});

describe('parameters of another type than the form gives', () => {
	const WRONG: Array<
		[what: string, parameters: INodeParameters, options: INodeParameters, says: RegExp]
	> = [
		[
			'a word for a number',
			{},
			{ maxConcurrency: 'many' },
			/^Max Concurrency \(maxConcurrency\) must be a number, but is the text "many" \[item 0\]/,
		],
		[
			'a word for a size',
			{},
			{ maxFileSize: 'large' },
			/^Max File Size \(maxFileSize\) must be a number/,
		],
		[
			'an object for hosts',
			{},
			{ allowedHosts: { a: 1 } },
			/^Allowed Hosts \(allowedHosts\) must be a list of texts, or text with commas, but is an object/,
		],
		[
			'true for fields',
			{},
			{ fields: true },
			/^Fields \(fields\) must be a list of texts, or text with commas, but is true/,
		],
		[
			'an unknown output',
			{ output: 'zip' },
			{},
			/^Output \(output\) must be one of itemPerFile, singleItem, but is the text "zip"/,
		],
		[
			'an empty name',
			{ binaryPropertyName: '={{ "" }}' },
			{},
			/^Put Output File in Field \(binaryPropertyName\) is empty/,
		],
		[
			'a payload that is no JSON',
			{ payload: '{ a: 1 }' },
			{},
			/^Result with File Links \(payload\) is not valid JSON/,
		],
		[
			'an expression that fails',
			{ payload: '={{ $json.a.b.c }}' },
			{},
			/^Result with File Links \(payload\) (must be a JSON object|cannot be read)/,
		],
	];

	test.each(WRONG)('%s', async (_, parameters, options, says) => {
		const items = [{ a: textFile('one') }];
		const { error } = await download({ items, parameters, options });
		expect(error?.message).toMatch(says);
		expect(fileRequests()).toHaveLength(0);
		const carried = await download({ items, parameters, options, settings: CONTINUE });
		expect(carried.error).toBeUndefined();
		expect(carried.items.map(({ json }) => String(json.error))).toEqual([
			expect.stringMatching(says),
		]);
	});

	test.each([['127.0.0.1'], [['127.0.0.1', 'b.example']], [null], ['']])(
		'allowed hosts %j',
		async (allowedHosts) => {
			const { items } = await download({
				items: [{ a: textFile('one') }],
				options: { allowedHosts } as INodeParameters,
			});
			expect(items).toHaveLength(1);
		},
	);

	test('numbers as texts, and options of each item', async () => {
		const urls = [textFile('one'), textFile('two')];
		const { items } = await download({
			items: [
				{ urls, only: 'urls.1', most: '2' },
				{ urls, only: 'urls.0', most: '2' },
			],
			options: {
				fields: '={{ $json.only }}',
				maxConcurrency: '={{ $json.most }}',
				maxFileSize: '1',
			},
		});
		expect(items.map(({ binary }) => textOf(binary?.data.data))).toEqual(['two', 'one']);
	});

	test('a link in the wrong place is not repeated', async () => {
		const a = textFile('one');
		for (const wrong of [
			{ options: { fields: '={{ $json.a }}' } },
			{ parameters: { payload: '={{ $json.a }}' } },
			{ parameters: { output: '={{ $json.a }}' } },
		]) {
			const { error } = await download({ items: [{ a }], ...wrong });
			expect(error?.message).toBeDefined();
			expect(`${error?.message} ${error?.description}`).not.toMatch(
				/signature=|expires=|127\.0\.0\.1/,
			);
		}
	});
});

describe('links', () => {
	test('with white space around and inside', async () => {
		const asked: Array<string | undefined> = [];
		const base = await serve(({ url }, response) => {
			asked.push(url);
			response.end('x');
		});
		const { items } = await download({
			items: [
				{
					a: ` ${base}/My Report 2026.pdf?sig=1\n`,
					b: `see ${base}/b`,
					c: `${base}/c is not there`,
				},
			],
		});
		expect(asked).toEqual(['/My%20Report%202026.pdf?sig=1']);
		expect(items.map(({ json }) => [json.field, json.fileName, json.mimeType])).toEqual([
			['a', 'My Report 2026.pdf', 'application/pdf'],
		]);
	});

	test('a field without one is an error that names those with one', async () => {
		const { error } = await download({
			items: [{ a: textFile('one'), b: 'no', c: { d: textFile('two') } }],
			options: { fields: ['a', 'b', 'x'] },
		});
		expect(error?.message).toBe(
			'Fields (fields) names a field that contains no link: b, x [item 0]',
		);
		expect(error?.description).toBe('Fields with a link: a, c.d. Nothing was sent.');
		expect(fileRequests()).toHaveLength(0);
	});

	test('none at all is a hint', async () => {
		const { run, items, error } = await download({
			items: [{ status: 'failed' }, { a: textFile('one') }, { status: 'failed' }],
		});
		expect([error, items.length]).toEqual([undefined, 1]);
		expect(run.data.resultData.runData.NenAI[0].hints).toEqual([
			{
				message: expect.stringMatching(/^The callback of item 0, 2 contains no link/),
				location: 'outputPane',
			},
		]);
		const other = await download({ items: [{ a: textFile('one') }] });
		expect(other.run.data.resultData.runData.NenAI[0].hints ?? []).toEqual([]);
	});

	test.each<[between: string, fields: string[], expected: string[]]>([
		['\n', [], ['one', 'two']],
		[', ', ['links'], ['one', 'two']],
		[',', ['links.1'], ['two']],
	])(
		'all of a list in one text, with %j between them and the fields %j',
		async (between, fields, expected) => {
			const links = [textFile('one'), textFile('two')].join(between);
			const { items, hints } = await download({ items: [{ links }], options: { fields } });
			expect(items.map(({ json, binary }) => [json.field, textOf(binary?.data.data)])).toEqual(
				expected.map((text) => [text === 'one' ? 'links.0' : 'links.1', text]),
			);
			expect(hints).toEqual([]);
		},
	);

	test('those among other text are named in a hint, and downloaded if their field is named', async () => {
		const payload = {
			status: 'success',
			notes: `[Report](${textFile('one')})`,
			html: `<a href="${textFile('two')}">Sheet</a>`,
			a: textFile('three'),
		};
		const { items, hints } = await download({ items: [payload] });
		expect(items.map(({ json }) => json.field)).toEqual(['a']);
		expect(hints).toEqual([
			'The links in notes, html were not downloaded, because there is other text around them. To download them, enter these fields in the option Fields.',
		]);
		const named = await download({ items: [payload], options: { fields: ['notes', 'html'] } });
		expect(named.items.map(({ json, binary }) => [json.field, textOf(binary?.data.data)])).toEqual([
			['notes', 'one'],
			['html', 'two'],
		]);
		expect(named.hints).toEqual([]);
	});

	test('the hint names the items where there are several, and no link', async () => {
		const { items, hints } = await download({
			items: [
				{ error: 'see https://a.example/help?token=1' },
				{ a: textFile('one') },
				{ 'https://b.example/?token=2': 'see https://a.example' },
			],
		});
		expect(items).toHaveLength(1);
		expect(hints).toEqual([
			'The links in error of item 0, (a link) of item 2 were not downloaded, because there is other text around them. To download them, enter these fields in the option Fields.',
		]);
	});

	test('a redirect to a name in UTF-8', async () => {
		const asked: Array<string | undefined> = [];
		const base = await serve(({ url }, response) => {
			asked.push(url);
			if (url === '/')
				response
					.writeHead(302, {
						location: Buffer.from('/naïve report.pdf?n=%C3%A9').toString('latin1'),
					})
					.end();
			else response.end('x');
		});
		const { items } = await download({ items: [{ a: base }] });
		expect(asked).toEqual(['/', '/na%C3%AFve%20report.pdf?n=%C3%A9']);
		expect(items[0].json.fileName).toBe('naïve report.pdf');
	});
});

describe('addresses inside the machine and its network', () => {
	const elsewhere = (baseUrl = 'https://api.example') => new Credentials({ apiKey: 'k', baseUrl });

	test.each([
		'http://127.0.0.1/a',
		'http://localhost:1/a',
		'http://[::1]/a',
		'http://2130706433/a',
		'http://0.0.0.0/a',
		'http://[::ffff:127.0.0.1]/a',
		'http://169.254.1.1:9/a',
		'http://[fe80::1]/a',
	])('%s is not asked', async (a) => {
		const { error } = await download({ items: [{ a }], credentials: elsewhere() });
		expect(error?.message).toMatch(
			/^The link in a leads to .*, which is this machine or a link-local address \[item 0\]/,
		);
		expect(error?.description).toBe(
			'If this is correct, add the host to the option Allowed Hosts. Nothing was sent.',
		);
	});

	test('is asked where it is an allowed host, and the credential is read once', async () => {
		const credentials = elsewhere();
		const { items } = await download({
			items: [{ a: textFile('one') }],
			credentials,
			options: { allowedHosts: '127.0.0.1' },
		});
		expect([items.length, credentials.lookUps]).toEqual([1, 1]);
	});

	test('is asked where the API is there, too; the credential of each item is read once', async () => {
		const credentials = new Credentials({ apiKey: 'k', baseUrl: 'http://localhost:1' });
		const { items } = await download({
			items: [{ a: textFile('one') }, { a: textFile('two') }],
			credentials,
		});
		expect([items.length, credentials.lookUps]).toEqual([2, 2]);
	});

	test('a credential that is gone is an error, and nothing is asked', async () => {
		const credentials = elsewhere();
		credentials.gone = true;
		expect(
			(await download({ items: [{ a: textFile('one') }], credentials })).error?.message,
		).toMatch(/^Credential with ID "1" does not exist/);
	});

	test('holds for redirects', async () => {
		const a = textFile('', { fault: { redirectTo: 'http://169.254.1.1:9/a' } });
		const { error } = await download({ items: [{ a }] });
		expect(error?.message).toMatch(
			/^The link in a leads to 169\.254\.1\.1:9, which is this machine/,
		);
		expect(fileRequests()).toHaveLength(1);
	});
});

test('the execution is stopped: what is under way ends, and no other file is asked for', async () => {
	const links = Object.fromEntries(
		[...'abcdef'].map((name) => [
			name,
			textFile(name.repeat(1000), { fault: { stallAfterBytes: 10 } }),
		]),
	);
	let stop = () => {};
	const before = Date.now();
	const running = download({
		items: [links],
		options: { maxConcurrency: 2 },
		onStarted: (f) => (stop = f),
	});
	await sandbox.until(() => fileRequests().length === 2);
	stop();
	await running;
	expect(Date.now() - before).toBeLessThan(3000);
	await new Promise((resolve) => setTimeout(resolve, 300));
	expect(fileRequests()).toHaveLength(2);
});

describe('what arrives is the file, whole, or an error', () => {
	const TEXT = 'hello world '.repeat(1000);
	const packed = gzipSync(TEXT);

	test('nothing compressed is asked for: a length that is that of the file is right', async () => {
		const a = await serve(({ headers }, response) => {
			const isWanted = String(headers['accept-encoding'] ?? '').includes('gzip');
			response
				.writeHead(200, {
					'content-length': TEXT.length,
					...(isWanted && { 'content-encoding': 'gzip' }),
				})
				.end(isWanted ? packed : TEXT);
		});
		const { items, error } = await download({ items: [{ a }] });
		expect(error).toBeUndefined();
		expect(items[0].json.fileSize).toBe(TEXT.length);
	});

	test.each([{ 'content-length': packed.length }, {}])(
		'compressed all the same, %j',
		async (headers) => {
			const a = await serve((_, response) =>
				response.writeHead(200, { 'content-encoding': 'gzip', ...headers }).end(packed),
			);
			const { items } = await download({ items: [{ a }] });
			expect(textOf(items[0].binary?.data.data)).toBe(TEXT);
		},
	);

	test.each(['aws-chunked', 'utf-8', 'identity', 'none'])(
		'the coding %s changes nothing',
		async (coding) => {
			const a = await serve((_, response) =>
				response.writeHead(200, { 'content-encoding': coding }).end(TEXT),
			);
			expect((await download({ items: [{ a }] })).items[0].json.fileSize).toBe(TEXT.length);
		},
	);

	test.each([
		['gzip', /is broken \(HTTP 200\)/],
		['deflate', /is broken/],
		['br', /is broken/],
		['zstd', /is broken/],
		['gzip, br', /is compressed in a format that n8n cannot decompress \(gzip, br\)/],
	])('said to be %s, and is not', async (coding, says) => {
		let requests = 0;
		const a = await serve((_, response) => {
			requests += 1;
			response.writeHead(200, { 'content-encoding': coding }).end(TEXT);
		});
		const { error, items } = await download({ items: [{ a }] });
		expect(error?.message).toMatch(says);
		expect([items.length, requests]).toEqual([0, 1]);
	});

	const BREAKS: Array<[what: string, listener: RequestListener]> = [
		[
			'a length that is too long',
			(_, response) =>
				response.writeHead(200, { 'content-length': 100 }).end('x', () => response.socket?.end()),
		],
		[
			'a chunk of no size',
			(_, response) =>
				void response.socket?.end(
					'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\nZZZ\r\n',
				),
		],
		[
			'no last chunk',
			(_, response) =>
				void response.socket?.end(
					'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n',
				),
		],
		[
			'a reset',
			(_, response) =>
				void response
					.writeHead(200, { 'content-length': 100 })
					.write('x', () => setTimeout(() => response.socket?.resetAndDestroy(), 50)),
		],
		[
			'half a gzip',
			(_, response) =>
				void response
					.writeHead(200, { 'content-encoding': 'gzip', 'content-length': packed.length })
					.write(packed.subarray(0, 40), () => response.socket?.end()),
		],
	];
	test.each(BREAKS)('cut short by %s, it is asked for again', async (_, listener) => {
		let requests = 0;
		const a = await serve((request, response) => {
			requests += 1;
			if (requests < 3) listener(request, response);
			else response.end('whole');
		});
		const { items, error } = await download({ items: [{ a }] });
		expect(error).toBeUndefined();
		expect(items.map(({ binary }) => textOf(binary?.data.data))).toEqual(['whole']);
	});

	test.each(['ENOSPC', 'EACCES', 'ECONNRESET'])(
		'a storage that fails with %s ends the connection, and the file is not asked for again',
		async (code) => {
			jest
				.spyOn(BinaryDataService.prototype, 'store')
				.mockRejectedValue(Object.assign(new Error(`${code}: no`), { code }));
			let requests = 0;
			const closed: Array<Promise<void>> = [];
			const a = await serve((_, response) => {
				requests += 1;
				closed.push(new Promise((resolve) => response.on('close', resolve)));
				response.write('x'.repeat(1000));
			});
			const { error } = await download({ items: [{ a }] });
			expect(error?.message).toMatch(new RegExp(`could not be stored: ${code}: no`));
			await Promise.all(closed);
			expect(requests).toBe(1);
		},
	);

	const store = () => jest.spyOn(BinaryDataService.prototype, 'store');

	test('a storage that is full after a while', async () => {
		store().mockImplementation(async (_, stream) => {
			for await (const chunk of stream as AsyncIterable<Buffer>) if (chunk.length > 0) break;
			throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
		});
		const closed: Array<Promise<void>> = [];
		const a = await serve((_, response) => {
			closed.push(new Promise((resolve) => response.on('close', resolve)));
			response.write('x'.repeat(100_000));
		});
		const { error } = await download({ items: [{ a }] });
		expect(error?.message).toMatch(/could not be stored: ENOSPC: no space left on device, write/);
		await Promise.all(closed);
		expect(closed).toHaveLength(1);
	});

	test.each([
		['cut short', { text: 'x'.repeat(1000), fault: { cutAfterBytes: 10 } }, {}, /was cut short/, 3],
		[
			'too large',
			{ size: 3_000_000, chunked: true },
			{ maxFileSize: 1 },
			/is larger than allowed/,
			1,
		],
	])(
		'a file that is %s is not taken for a fault of the storage, whatever that makes of it',
		async (_, spec, options, says, requests) => {
			store().mockImplementation(async (_location, stream) => {
				try {
					for await (const chunk of stream as AsyncIterable<Buffer>) void chunk;
				} catch {
					throw new Error('The upload failed');
				}
				throw new Error('The whole stream came');
			});
			const { error } = await download({
				items: [{ a: file({ name: 'a.bin', ...spec }) }],
				options,
			});
			expect(error?.message).toMatch(says);
			expect(fileRequests()).toHaveLength(requests);
		},
	);

	test('a storage that takes half a file for the whole one', async () => {
		store().mockImplementation(async (_location, stream, data) => {
			try {
				for await (const chunk of stream as AsyncIterable<Buffer>) void chunk;
			} catch {}
			return { ...data, data: '' };
		});
		const { error } = await download({
			items: [{ a: file({ name: 'a.bin', text: 'x'.repeat(1000), fault: { cutAfterBytes: 10 } }) }],
		});
		expect(error?.message).toMatch(/was cut short/);
	});

	test('an answer that is not read ends its connection', async () => {
		const closed: Array<Promise<void>> = [];
		const a = await serve((_, response) => {
			closed.push(new Promise((resolve) => response.on('close', resolve)));
			response.writeHead(404).write('x'.repeat(1000));
		});
		expect((await download({ items: [{ a }] })).error?.message).toMatch(/HTTP 404/);
		await Promise.all(closed);
	});
});

test.each([
	['report.pdf', 'binary/octet-stream', 'application/pdf'],
	['report.pdf', 'application/octet-stream', 'application/pdf'],
	['report.pdf', null, 'application/pdf'],
	['report', 'binary/octet-stream', 'application/octet-stream'],
	['report.unknown1', 'binary/octet-stream', 'application/octet-stream'],
	['report.pdf', 'text/html', 'text/html'],
])('%s of the type %s is %s', async (name, contentType, mimeType) => {
	const { items } = await download({ items: [{ a: textFile('one', { name, contentType }) }] });
	expect([items[0].json.mimeType, items[0].binary?.data.mimeType]).toEqual([mimeType, mimeType]);
});

describe('through a proxy', () => {
	const NAMES = ['HTTP_PROXY', 'HTTPS_PROXY'];
	const before = NAMES.map((name) => process.env[name]);
	afterEach(() =>
		NAMES.forEach((name, index) =>
			before[index] === undefined ? delete process.env[name] : (process.env[name] = before[index]),
		),
	);

	test.each(['http', 'https'])('that wants a password, to an address with %s', async (scheme) => {
		const proxy = await serve((_, response) => void response.writeHead(407).end());
		servers
			.at(-1)
			?.on('connect', (_, socket: Socket) =>
				socket.end('HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n'),
			);
		for (const name of NAMES) process.env[name] = proxy;
		const { error } = await download({
			items: [{ a: `${scheme}://files.test/a.pdf?signature=1` }],
		});
		expect(error?.message).toMatch(
			/^A proxy or a firewall between this n8n and the file host rejected the download of a\.pdf \(field a, host files\.test\) \(HTTP 407\)/,
		);
		expect(error?.description).toMatch(/^The proxy needs a user name and a password/);
	});
});

test('a long Retry-After is not waited for, and says when to come back', async () => {
	let requests = 0;
	const a = await serve((_, response) => {
		requests += 1;
		response.writeHead(503, { 'retry-after': '3600' }).end();
	});
	const { error } = await download({ items: [{ a }] });
	expect(error?.message).toMatch(/too busy to accept the download of .*\(HTTP 503\)/);
	expect(error?.description).toMatch(/^It asks you to try again at 20\d\d-.*Z\.$/);
	expect(requests).toBe(1);
});

test('a host that asks for a long pause fails its own files, each under its name; those of others go on', async () => {
	let requests = 0;
	const busy = await serve((_, response) => {
		requests += 1;
		response.writeHead(429, { 'retry-after': '9'.repeat(40) }).end();
	});
	const urls = [`${busy}/a.pdf`, textFile('one'), `${busy}/b.pdf`, textFile('two')];
	const { items } = await download({
		items: [{ urls }],
		settings: CONTINUE,
		options: { maxConcurrency: 1 },
	});
	expect(items.map(({ json, binary }) => json.error ?? textOf(binary?.data.data))).toEqual([
		'one',
		'two',
		expect.stringMatching(
			/^The file host was too busy to accept the download of a\.pdf \(field urls\.0, host .*\) \(HTTP 429\) \[item 0\]\. It asks you to try again in more than a year\.$/,
		),
		expect.stringMatching(
			/^The file b\.pdf \(field urls\.2, host .*\) was not requested, because its host asked this n8n to wait \[item 0\]\. It asks you to try again in more than a year\.$/,
		),
	]);
	expect(requests).toBe(1);
});

test('a long pause asked for by a host that a link has led to fails no other file of the host of the link', async () => {
	const bucket = await serve(
		(_, response) => void response.writeHead(429, { 'retry-after': '3600' }).end(),
	);
	const one = textFile('one');
	const links = await serve(
		({ url }, response) =>
			void response.writeHead(302, { location: url === '/a.pdf' ? bucket : one }).end(),
	);
	const { items } = await download({
		items: [{ urls: [`${links}/a.pdf`, `${links}/b.txt`] }],
		settings: CONTINUE,
		options: { maxConcurrency: 1 },
	});
	expect(items.map(({ json, binary }) => json.error ?? textOf(binary?.data.data))).toEqual([
		'one',
		expect.stringMatching(/a\.pdf.*HTTP 429.*asks you to try again/),
	]);
});
