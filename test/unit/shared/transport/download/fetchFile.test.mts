import type { IDataObject } from 'n8n-workflow';
import { writeFailure } from '../../../../../nodes/shared/failures/failure';
import { NO_SECRETS } from '../../../../../nodes/shared/failures/redact';
import { say } from '../../../../../nodes/shared/failures/text';
import {
	downloadFailure,
	resolveRedirect,
	type FileRequest,
} from '../../../../../nodes/shared/transport/download/fetchFile';
import { failureIn } from '../../../../../nodes/shared/failures/explain';
import {
	asAttempt,
	brokenOff,
	FileError,
} from '../../../../../nodes/shared/transport/download/bodyStream';

const EXPIRED =
	'The link has expired or was changed in transit. Run the workflow again, and download the file soon after the callback.';
const GONE = 'The file no longer exists. Ask NenAI, or run the workflow again.';

const NOW = Date.parse('2026-01-01T00:00:00Z');

test.each([
	['ECONNRESET', 'retry', /cut short/],
	['EPIPE', 'retry', /cut short/],
	['EHOSTUNREACH', 'retry', /cut short/],
	['ETIMEDOUT', 'retry', /cut short/],
	['ENETDOWN', 'retry', /cut short/],
	['ERR_STREAM_PREMATURE_CLOSE', 'retry', /cut short/],
	['HPE_INVALID_CHUNK_SIZE', 'retry', /cut short/],
	['HPE_INVALID_EOF_STATE', 'retry', /cut short/],
	['ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC', 'retry', /cut short/],
	[undefined, 'retry', /cut short/],
	['ERR_CANCELED', 'retry', /stopped arriving/],
	['Z_DATA_ERROR', 'failed', /is broken/],
	['Z_BUF_ERROR', 'failed', /is broken/],
	['ERR__ERROR_FORMAT_PADDING_1', 'failed', /is broken/],
	['ZSTD_error_prefix_unknown', 'failed', /is broken/],
])('a body that fails with %s', (code, kind, says) => {
	const attempt = asAttempt(
		brokenOff(Object.assign(new Error('x'), { code }), say`The file`),
		say`The file`,
	);
	expect(attempt.kind).toBe(kind);
	expect(writeFailure(failureIn(attempt), NO_SECRETS).message).toMatch(says);
});

const REQUEST: FileRequest = {
	url: 'https://h.example/a',
	label: say`The file`,
	request: say`the download`,
	maxSize: Infinity,
	check: () => {},
};

const failing = (status: number, headers: IDataObject, url = REQUEST.url) => {
	const { again, after, failure } = downloadFailure(status, headers, url, REQUEST);
	return { again, after, ...writeFailure(failure, NO_SECRETS) };
};

const TRIED = 'It was tried 3 times. Try again later.';
const NO_FILE = 'Ask NenAI about this link.';

beforeEach(() => {
	jest.spyOn(Date, 'now').mockReturnValue(NOW);
});

afterEach(() => {
	jest.restoreAllMocks();
});

test.each<[number, string | undefined, boolean, number | undefined, string]>([
	[429, '7', true, 7000, TRIED],
	[503, '120', true, 120_000, TRIED],
	[503, '121', true, 121_000, 'It asks you to try again at 2026-01-01T00:02:01.000Z.'],
	[429, '9'.repeat(400), true, Infinity, 'It asks you to try again in more than a year.'],
	[500, undefined, true, undefined, TRIED],
	[502, undefined, true, undefined, TRIED],
	[504, undefined, true, undefined, TRIED],
	[408, undefined, true, undefined, TRIED],
	[403, undefined, false, undefined, EXPIRED],
	[401, undefined, false, undefined, EXPIRED],
	[404, undefined, false, undefined, GONE],
	[410, undefined, false, undefined, GONE],
	[204, undefined, false, undefined, NO_FILE],
	[206, undefined, false, undefined, NO_FILE],
	[400, undefined, false, undefined, NO_FILE],
])('HTTP %s with Retry-After %s', (status, retryAfter, again, after, hint) => {
	expect(failing(status, { 'retry-after': retryAfter })).toMatchObject({
		again,
		after,
		hint,
		message: expect.stringMatching(new RegExp(`^The file host .*\\(HTTP ${status}\\)$`)),
		request: expect.objectContaining({ httpCode: status }),
	});
});

const PROXY =
	/^Ask the person who runs the network of this n8n to allow requests to the file's host\./;

test.each<[number, string | undefined, boolean, RegExp]>([
	[407, undefined, false, /^The proxy needs a user name and a password/],
	[407, 'text/html', false, /^The proxy needs a user name and a password/],
	[
		403,
		'text/html; charset=utf-8',
		false,
		/^Ask the person who runs the network .* The link has expired/,
	],
	[203, undefined, false, /^Ask the person who runs the network .* may have changed the file/],
	[511, undefined, false, PROXY],
])('HTTP %s as %s comes from a proxy or a firewall', (status, contentType, again, hint) => {
	expect(failing(status, { 'content-type': contentType })).toMatchObject({
		again,
		hint: expect.stringMatching(hint),
		message: `A proxy or a firewall between this n8n and the file host rejected the download (HTTP ${status})`,
	});
});

test.each<[number, string, RegExp]>([
	[500, 'text/html', /failed to answer the download/],
	[502, 'text/html', /failed to answer the download/],
	[503, 'text/html', /was too busy to accept the download/],
	[504, 'application/xhtml+xml', /failed to answer the download/],
])('HTTP %s as %s comes from a gateway', (status, contentType, says) => {
	expect(failing(status, { 'content-type': contentType })).toMatchObject({
		again: true,
		message: expect.stringMatching(/^A gateway in front of the file host/),
		hint: TRIED,
	});
	expect(failing(status, { 'content-type': contentType }).message).toMatch(says);
});

test('a long pause that another host asks for does not hold up the files of the host of the link', () => {
	const headers = { 'retry-after': '3600' };
	expect(failing(429, headers).again).toBe(true);
	expect(failing(429, headers, 'https://other.example/a').again).toBe(false);
});

const asHeader = (text: string) => Buffer.from(text).toString('latin1');

test.each([
	['/b', 'https://h.example/b'],
	['b?x=1', 'https://h.example/a/b?x=1'],
	['//other.example/b', 'https://other.example/b'],
	[asHeader('/é.pdf'), 'https://h.example/%C3%A9.pdf'],
	[asHeader('/日本.pdf?name=é'), 'https://h.example/%E6%97%A5%E6%9C%AC.pdf?name=%C3%A9'],
	['/%C3%A9.pdf?sig=%2B', 'https://h.example/%C3%A9.pdf?sig=%2B'],
	['/\u00e9.pdf', 'https://h.example/%E9.pdf'],
	['/My Report.pdf', 'https://h.example/My%20Report.pdf'],
	[asHeader('https://bücher.example/a'), 'https://xn--bcher-kva.example/a'],
])('a redirect to %j asks for %s', (location, url) => {
	expect(resolveRedirect(location, 'https://h.example/a/a', say`The file`)).toBe(url);
});

test.each([undefined, '', 'ftp://h.example/a', 'javascript:alert(1)', 'http://'])(
	'a redirect to %j is not followed',
	(location) => {
		expect(() => resolveRedirect(location, 'https://h.example/a', say`The file`)).toThrow(
			FileError,
		);
	},
);
