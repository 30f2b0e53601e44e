/** What the tests of the Desktop API share: requests by hand, and reading a picture. */
import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import type { Readable } from 'node:stream';
import { crc32, inflateSync } from 'node:zlib';
import { request } from 'undici';
import type { Sandbox } from '../index.mts';

export interface DesktopAnswer {
	status: number;
	headers: IncomingHttpHeaders;
	/** Parsed where it is JSON, null where there is none. */
	body: unknown;
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface Sending {
	/** Sent as JSON. */
	json?: unknown;
	/** In place of the right key in both headers. */
	keys?: Record<string, string>;
	timeoutMs?: number;
}

export function bothKeys({ apiKey }: Sandbox): Record<string, string> {
	return { 'x-api-key': apiKey, authorization: `Bearer ${apiKey}` };
}

/** A request to a path below `desktopUrl`. Rejects when no whole answer comes in time. */
export async function ask(
	sandbox: Sandbox,
	method: Method,
	path: string,
	{ json, keys = bothKeys(sandbox), timeoutMs = 3000 }: Sending = {},
): Promise<DesktopAnswer> {
	const answer = await request(sandbox.desktopUrl + path, {
		method,
		headers: { ...keys, ...(json === undefined ? {} : { 'content-type': 'application/json' }) },
		body: json === undefined ? undefined : JSON.stringify(json),
		signal: AbortSignal.timeout(timeoutMs),
		reset: true,
	});
	return {
		status: answer.statusCode,
		headers: answer.headers,
		body: readBody(await answer.body.text()),
	};
}

/** The answer to an action of `computer`, or of another tool. */
export function act(
	sandbox: Sandbox,
	id: string,
	action: string,
	params: unknown = {},
	{ tool = 'computer', ...sending }: Sending & { tool?: string } = {},
): Promise<DesktopAnswer> {
	return ask(sandbox, 'POST', `/desktops/${id}/execute`, {
		...sending,
		json: { action: { tool, action, params } },
	});
}

export function fileUrl(sandbox: Sandbox, id: string, name: string, path?: string): string {
	const query = path === undefined ? '' : `?path=${encodeURIComponent(path)}`;
	return `${sandbox.desktopUrl}/desktops/${id}/files/${encodeURIComponent(name)}${query}`;
}

/** Uploads by hand. Without a length, a stream is sent in chunks. */
export async function upload(
	sandbox: Sandbox,
	url: string,
	body: string | Buffer | Readable,
	headers: Record<string, string> = { 'content-type': 'application/octet-stream' },
	timeoutMs = 10_000,
): Promise<DesktopAnswer> {
	const answer = await request(url, {
		method: 'POST',
		headers: { ...bothKeys(sandbox), ...headers },
		body,
		signal: AbortSignal.timeout(timeoutMs),
		reset: true,
	});
	return {
		status: answer.statusCode,
		headers: answer.headers,
		body: readBody(await answer.body.text()),
	};
}

/**
 * The status of the answer to a request whose path is sent as it is, with so many bytes of its body. They are all sent
 * before the answer is read.
 */
export async function rawStatus(
	sandbox: Sandbox,
	method: string,
	path: string,
	{ length = 0, sent = 0 }: { length?: number; sent?: number } = {},
): Promise<number> {
	const { hostname, port, pathname } = new URL(sandbox.desktopUrl);
	const socket = connect(Number(port), hostname).pause();
	const lines = [
		`${method} ${pathname}${path} HTTP/1.1`,
		'host: a',
		`x-api-key: ${sandbox.apiKey}`,
	];
	socket.write([...lines, `content-length: ${length}`, '', ''].join('\r\n'));
	await new Promise((resolve) => socket.write(Buffer.alloc(sent), resolve));
	const answered = new Promise<string>((resolve) =>
		socket.once('data', (data) => resolve(String(data))),
	);
	socket.resume();
	const status = Number(/^HTTP\/1\.1 (\d+)/.exec(await answered)?.[1]);
	socket.destroy();
	return status;
}

export interface Downloaded {
	status: number;
	headers: IncomingHttpHeaders;
	bytes: number;
	sha256: string;
	/** Why the bytes ended before their end. */
	error?: string;
}

/** Downloads by hand, without keeping the bytes. */
export async function download(sandbox: Sandbox, url: string): Promise<Downloaded> {
	const {
		statusCode: status,
		headers,
		body,
	} = await request(url, {
		headers: bothKeys(sandbox),
		signal: AbortSignal.timeout(10_000),
		reset: true,
	});
	const hash = createHash('sha256');
	let bytes = 0;
	let error: string | undefined;
	try {
		for await (const part of body) {
			hash.update(part);
			bytes += part.length;
		}
	} catch (problem) {
		error = String(problem);
	}
	return { status, headers, bytes, sha256: hash.digest('hex'), error };
}

/** The size of a PNG, and the colours of its pixels. Throws when it is not one that every reader takes. */
export function readPng(png: Buffer): { width: number; height: number; pixels: string[] } {
	if (png.subarray(0, 8).toString('latin1') !== '\x89PNG\r\n\x1a\n')
		throw new Error('no PNG signature');
	const chunks = [...chunksOf(png)];
	const names = chunks.map(({ type }) => type).join(' ');
	if (names !== 'IHDR PLTE IDAT IEND') throw new Error(`unexpected chunks: ${names}`);
	const [header, palette, data] = chunks.map((chunk) => chunk.data);
	const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
	const rows = inflateSync(data);
	if (rows.length !== (width + 1) * height)
		throw new Error('not as many pixels as the header says');
	const pixels = [];
	for (let y = 0; y < height; y += 1) {
		const [filter, ...row] = rows.subarray(y * (width + 1), (y + 1) * (width + 1));
		if (filter !== 0) throw new Error(`unexpected filter ${filter}`);
		for (const index of row) pixels.push(palette.toString('hex', index * 3, index * 3 + 3));
	}
	return { width, height, pixels };
}

function* chunksOf(png: Buffer): Generator<{ type: string; data: Buffer }> {
	for (let at = 8; at < png.length; ) {
		const end = at + 8 + png.readUInt32BE(at);
		const type = png.toString('latin1', at + 4, at + 8);
		if (crc32(png.subarray(at + 4, end)) !== png.readUInt32BE(end))
			throw new Error(`bad checksum of ${type}`);
		yield { type, data: png.subarray(at + 8, end) };
		at = end + 4;
	}
}

function readBody(text: string): unknown {
	if (text === '') return null;
	try {
		return JSON.parse(text);
	} catch {
		return text;
	}
}
