/** What n8n's own HTTP helper throws: whether it counts as "nothing was sent" must be what a server behind it has seen. */
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Server } from 'node:net';
import { Readable } from 'node:stream';
import type { IExecuteFunctions, IHttpRequestOptions } from 'n8n-workflow';
import { classifyNetworkError } from '../../../../nodes/shared/transport/http/classify';
import {
	connect,
	openStream,
	request,
	requestDesktop,
} from '../../../../nodes/shared/transport/http/connection';
import { Credentials, senderOf } from '../../engine.mts';

const servers: Server[] = [];
/** Connections that came to the servers of a test. */
let connections = 0;
let bytes = 0;
beforeEach(() => {
	[connections, bytes] = [0, 0];
});
afterEach(() => {
	for (const server of servers.splice(0)) server.close();
});

async function listen(server: Server): Promise<string> {
	servers.push(server);
	server.on('connection', (socket) => {
		connections += 1;
		socket.on('data', (part: Buffer) => (bytes += part.length));
		socket.on('error', () => {});
		socket.unref();
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const serve = async (listener: RequestListener = (_, response) => void response.end('{}')) =>
	await listen(createServer(listener));

const credentials = () => new Credentials({ apiKey: 'test-key' });
const connection = () => connect({ apiKey: 'test-key' }, { maxTries: 1, timeout: 5 });
const abortSignal = new AbortController().signal;

type Helper = [name: string, send: (options: IHttpRequestOptions) => Promise<unknown>];

/** Each way in which this package sends requests. */
const HELPERS: Helper[] = [
	// To the helper, every context of n8n's is the same.
	[
		'starting runs',
		async (options) =>
			await request.call(
				senderOf(credentials()) as unknown as IExecuteFunctions,
				options,
				connection(),
			),
	],
	[
		'asking',
		async (options) =>
			await openStream(senderOf(credentials()), { ...options, abortSignal }, connection()),
	],
	[
		'desktops',
		async (options) =>
			await requestDesktop(senderOf(credentials()), { ...options, abortSignal }, connection()),
	],
];

async function judge(send: Helper[1], options: IHttpRequestOptions) {
	try {
		await send({ method: 'POST', timeout: 2000, ...options });
	} catch (error) {
		return classifyNetworkError(error);
	}
	throw new Error('It was sent and answered');
}

const circular = (): object => {
	const body: Record<string, unknown> = {};
	body.self = body;
	return body;
};
const throwing = {
	toJSON: () => {
		throw new RangeError('no');
	},
};
const deep = () => {
	let body: object = {};
	for (let level = 0; level < 100_000; level += 1) body = { body };
	return body;
};
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

describe.each(HELPERS)('%s: nothing was sent', (_, send) => {
	test.each<[what: string, options: (url: string) => Partial<IHttpRequestOptions>, reason: RegExp]>(
		[
			[
				'a value that holds itself',
				() => ({ body: circular() }),
				/^the data cannot be written as JSON \(Converting circular structure to JSON/,
			],
			[
				'a value that fails to be written',
				() => ({ body: { throwing } }),
				/^the data cannot be written as JSON \(no\)$/,
			],
			[
				'values nested too deeply',
				() => ({ body: deep() }),
				/^the data cannot be written as JSON \(Maximum call stack/,
			],
			[
				'a list that n8n is to write, and cannot',
				() => ({ body: [circular()] as unknown as object }),
				/^the request could not be built \(Converting circular structure to JSON/,
			],
			[
				'a body that n8n takes for a form',
				() => ({ body: Buffer.from('a=1'), headers: FORM }),
				/^the request could not be built/,
			],
			[
				'a stream that n8n takes for a form',
				() => ({ body: Readable.from(['a=1']) as unknown as object, headers: FORM }),
				/^the request could not be built/,
			],
			[
				'an address that is none',
				() => ({ url: 'http://[bad' }),
				/^its address, or that of the proxy, is not a valid URL \(ERR_INVALID_URL\)$/,
			],
			['no address', () => ({ url: '' }), /^its address, or that of the proxy, is not a valid URL/],
			[
				'a port that does not exist',
				() => ({ url: 'http://127.0.0.1:99999/' }),
				/^its address, or that of the proxy, is not a valid URL/,
			],
			[
				'another protocol',
				() => ({ url: 'ftp://127.0.0.1/' }),
				/^the request could not be built \(Unsupported protocol ftp:\)$/,
			],
			[
				'a header with a name that cannot be sent',
				(url) => ({ url, headers: { 'a b': 'c' } }),
				/^a header has a name that cannot be sent|^the request could not be built/,
			],
			[
				'a method that cannot be sent',
				(url) => ({ url, method: 'A B' as 'GET' }),
				/^the request could not be built|^a header has a name/,
			],
		],
	)('%s', async (__, options, reason) => {
		const url = await serve();
		const verdict = await judge(send, { url, ...options(url) });
		expect(verdict).toMatchObject({ kind: 'notSent', reason: expect.stringMatching(reason) });
		expect([connections, bytes]).toEqual([0, 0]);
	});

	test.each(['http://nenai.test/', 'https://nenai.test/'])(
		'to %s through a proxy whose address is none',
		async (url) => {
			const names = ['HTTP_PROXY', 'HTTPS_PROXY'];
			const before = names.map((name) => process.env[name]);
			for (const name of names) process.env[name] = 'http://127.0.0.1:99999';
			const verdict = await judge(send, { url });
			names.forEach((name, index) =>
				before[index] === undefined
					? delete process.env[name]
					: (process.env[name] = before[index]),
			);
			expect(verdict).toMatchObject({
				kind: 'notSent',
				reason: 'its address, or that of the proxy, is not a valid URL (ERR_INVALID_URL)',
			});
		},
	);
});

/** Each of these looks like one of the above, but bytes had left by then. */
describe.each(HELPERS)('%s: it may have been sent', (_, send) => {
	test.each<[what: string, listener: RequestListener]>([
		['no answer', (request) => void request.resume()],
		['a reset', (request) => request.socket.resetAndDestroy()],
		['an end', (request) => request.socket.end()],
	])('%s', async (__, listener) => {
		const url = await serve(listener);
		expect((await judge(send, { url, body: { a: 1 }, timeout: 300 })).kind).toBe('noResponse');
		expect(bytes).toBeGreaterThan(0);
	});

	test.each([
		['what is not HTTP', 'hello\r\n\r\n'],
		['a header that is none', 'HTTP/1.1 200 OK\r\na b: c\r\n\r\n'],
		['an invalid character in a header', 'HTTP/1.1 200 OK\r\na: \u0000\r\n\r\n'],
		['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n'],
		['headers without end', `HTTP/1.1 200 OK\r\na: ${'x'.repeat(200_000)}\r\n\r\n`],
	])('an answer of %s', async (__, text) => {
		const url = await listen(
			createTcpServer((socket) => socket.once('data', () => socket.end(text))),
		);
		expect((await judge(send, { url, body: { a: 1 } })).kind).toBe('noResponse');
		expect(bytes).toBeGreaterThan(0);
	});

	test.each<[what: string, second: unknown]>([
		['an error', new TypeError('at transformRequest (x)')],
		[
			'an error with a code of those that are thrown before',
			Object.assign(new TypeError('Invalid URL'), { code: 'ERR_INVALID_URL' }),
		],
		['what cannot be written to a connection', 7],
	])('a body that begins, and goes on with %s', async (__, second) => {
		const url = await serve((request) => void request.resume());
		const body = Readable.from(
			(async function* () {
				yield Buffer.from('begun');
				while (bytes === 0) await new Promise((resolve) => setTimeout(resolve, 10));
				if (second instanceof Error) throw second;
				yield second;
			})(),
		);
		expect(
			(
				await judge(send, {
					url,
					body: body as unknown as object,
					headers: { 'content-type': 'text/plain' },
				})
			).kind,
		).toBe('noResponse');
		expect(bytes).toBeGreaterThan(0);
	});
});
