import { skippedDownload } from '../../../../../nodes/NenAi/resources/result/download';
import {
	downloadFailure,
	resolveRedirect,
} from '../../../../../nodes/shared/transport/download/fetchFile';
import { asAttempt, brokenOff } from '../../../../../nodes/shared/transport/download/bodyStream';

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
	['ERR_CANCELED', 'retry', /stopped coming/],
	['Z_DATA_ERROR', 'failed', /is broken/],
	['Z_BUF_ERROR', 'failed', /is broken/],
	['ERR__ERROR_FORMAT_PADDING_1', 'failed', /is broken/],
	['ZSTD_error_prefix_unknown', 'failed', /is broken/],
])('a body that fails with %s', (code, kind, says) => {
	const attempt = asAttempt(
		brokenOff(Object.assign(new Error('x'), { code }), 'The file'),
		'The file',
	);
	expect(attempt).toMatchObject({ kind, failure: { message: expect.stringMatching(says) } });
});

test.each([
	[429, '7', true, 7000, 'Try again later.'],
	[503, '120', true, 120_000, 'Try again later.'],
	[503, '121', true, 121_000, 'Its host asks to come back at 2026-01-01T00:02:01.000Z.'],
	[429, '9'.repeat(400), true, Infinity, 'Its host asks to come back in more than a year.'],
	[500, undefined, true, undefined, 'Try again later.'],
	[502, undefined, true, undefined, 'Try again later.'],
	[504, '200', true, 200_000, 'Its host asks to come back at 2026-01-01T00:03:20.000Z.'],
	[408, undefined, true, undefined, 'Try again later.'],
	[499, undefined, true, undefined, 'Try again later.'],
	[
		404,
		'3600',
		false,
		undefined,
		'The file is not there any more. Ask NenAI, or run the workflow again.',
	],
	[
		410,
		undefined,
		false,
		undefined,
		'The file is not there any more. Ask NenAI, or run the workflow again.',
	],
	[
		401,
		undefined,
		false,
		undefined,
		'The link has expired or was changed on its way. Download sooner after the callback, or run the workflow again.',
	],
	[
		403,
		undefined,
		false,
		undefined,
		'The link has expired or was changed on its way. Download sooner after the callback, or run the workflow again.',
	],
	[
		202,
		undefined,
		false,
		undefined,
		'Its host answered without the file. Ask NenAI about this link, or run the workflow again.',
	],
	[
		204,
		undefined,
		false,
		undefined,
		'Its host answered without the file. Ask NenAI about this link, or run the workflow again.',
	],
	[
		206,
		undefined,
		false,
		undefined,
		'Its host answered without the file. Ask NenAI about this link, or run the workflow again.',
	],
	[400, undefined, false, undefined, 'Ask NenAI about this link.'],
])('HTTP %s with Retry-After %s', (status, retryAfter, again, after, hint) => {
	const error = downloadFailure(status, { 'retry-after': retryAfter }, 'The file', NOW);
	expect([error.again, error.after, error.failure]).toEqual([
		again,
		after,
		{ message: `The file could not be downloaded: HTTP ${status}`, hint },
	]);
});

const PROXY = /^Ask whoever runs the network of this n8n to let it through to the file's host\.$/;

test.each([
	[
		407,
		undefined,
		false,
		'a proxy refused the request',
		/^The proxy wants a user name and a password/,
	],
	[
		407,
		'text/html',
		false,
		'a proxy refused the request',
		/^The proxy wants a user name and a password/,
	],
	[
		403,
		'text/html; charset=utf-8',
		false,
		'something in between, such as a proxy or a firewall, seems to have refused the request',
		/^Ask whoever runs the network .* If nothing is in between: The link has expired/,
	],
	[
		203,
		undefined,
		false,
		'something in between, such as a proxy, answered in place of its host and may have changed the file',
		PROXY,
	],
	[511, undefined, false, 'the network of this n8n wants somebody to sign in first', PROXY],
	[
		500,
		'text/html',
		true,
		'something in between, such as a gateway, failed',
		/^Try again later\.$/,
	],
	[
		502,
		'text/html',
		true,
		'something in between, such as a gateway, failed',
		/^Try again later\.$/,
	],
	[
		503,
		'text/html',
		true,
		'something in between, such as a gateway, failed',
		/^Try again later\.$/,
	],
	[
		504,
		'application/xhtml+xml',
		true,
		'something in between, such as a gateway, failed',
		/^Try again later\.$/,
	],
])('HTTP %s as %s comes from something in between', (status, contentType, again, who, hint) => {
	const error = downloadFailure(status, { 'content-type': contentType }, 'The file', NOW);
	expect([error.again, error.failure]).toEqual([
		again,
		{
			message: `The file could not be downloaded: ${who} (HTTP ${status})`,
			hint: expect.stringMatching(hint),
		},
	]);
});

test('what is said of a file that was not asked for names it, and when to come back', () => {
	const first = downloadFailure(429, { 'retry-after': '3600' }, 'The file in a', NOW).failure;
	expect(skippedDownload('The file in b', first)).toEqual({
		message: 'The file in b was not requested: its host asks for a pause',
		hint: 'Its host asks to come back at 2026-01-01T01:00:00.000Z.',
	});
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
	expect(resolveRedirect(location, 'https://h.example/a/a', 'The file')).toBe(url);
});

test.each([undefined, '', 'ftp://h.example/a', 'javascript:alert(1)', 'http://'])(
	'a redirect to %j is not followed',
	(location) => {
		expect(() => resolveRedirect(location, 'https://h.example/a', 'The file')).toThrow(
			'The file redirects to something that is no http(s) address',
		);
	},
);
