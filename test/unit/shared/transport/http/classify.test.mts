import {
	isFromIntermediary,
	classifyStatus,
	classifyNetworkError,
} from '../../../../../nodes/shared/transport/http/classify';
import { readErrorText } from '../../../../../nodes/shared/failures/excerpt';
import { NO_SECRETS, Redactor } from '../../../../../nodes/shared/failures/redact';
import { cpuTime } from '../../../../cpuTime.mts';

test.each([
	[200, 'accepted'],
	[202, 'accepted'],
	[301, 'redirected'],
	[308, 'redirected'],
	[400, 'refused'],
	[401, 'unauthorized'],
	[403, 'unauthorized'],
	[404, 'refused'],
	[408, 'failed'],
	[422, 'refused'],
	[429, 'busy'],
	[499, 'failed'],
	[500, 'failed'],
	[501, 'failed'],
	[502, 'failed'],
	[503, 'busy'],
	[504, 'failed'],
	[599, 'failed'],
	[100, 'failed'],
	[0, 'failed'],
])('HTTP %s is %s', (status, verdict) => {
	expect(classifyStatus(status)).toBe(verdict);
});

describe('an error without an answer', () => {
	const failing = (parts: object) => Object.assign(new Error('test'), parts);
	/** As n8n 1.123 leaves it, without the cause. */
	const remembered = (httpCode: string, message: string) =>
		failing({ name: 'NodeApiError', httpCode, messages: [message, message] });
	const wrapped = (parts: object) =>
		new Error('n8n', { cause: new Error('http', { cause: failing(parts) }) });

	test.each([
		['refused', wrapped({ code: 'ECONNREFUSED', syscall: 'connect' }), 'unreachable'],
		[
			'refused by all addresses',
			Object.assign(new AggregateError([failing({ code: 'EHOSTUNREACH', syscall: 'connect' })])),
			'unreachable',
		],
		['unknown host', wrapped({ code: 'ENOTFOUND', syscall: 'getaddrinfo' }), 'unreachable'],
		['no name server', wrapped({ code: 'EAI_AGAIN', syscall: 'getaddrinfo' }), 'unreachable'],
		[
			'time-out while connecting',
			wrapped({ code: 'ETIMEDOUT', syscall: 'connect' }),
			'unreachable',
		],
		['time-out of a connection', wrapped({ code: 'ETIMEDOUT', syscall: 'read' }), 'noResponse'],
		['time-out of the request', wrapped({ code: 'ECONNABORTED' }), 'noResponse'],
		[
			'unreachable, though it was connected',
			wrapped({ code: 'EHOSTUNREACH', syscall: 'read' }),
			'noResponse',
		],
		[
			'network gone, though it was connected',
			wrapped({ code: 'ENETDOWN', syscall: 'write' }),
			'noResponse',
		],
		['reset', wrapped({ code: 'ECONNRESET' }), 'noResponse'],
		['stopped', wrapped({ code: 'ERR_CANCELED' }), 'noResponse'],
		['expired certificate', wrapped({ code: 'CERT_HAS_EXPIRED' }), 'notSent'],
		['blocked by n8n', wrapped({ name: 'SsrfBlockedIpError' }), 'notSent'],
		['not built by Node.js', wrapped({ code: 'ERR_UNESCAPED_CHARACTERS' }), 'notSent'],
		[
			'not built, though there was a request',
			wrapped({ code: 'ERR_INVALID_URL', request: {} }),
			'noResponse',
		],
		['not taken by axios', wrapped({ isAxiosError: true, code: 'ERR_BAD_REQUEST' }), 'notSent'],
		[
			'not taken by axios, though it had sent it',
			wrapped({ isAxiosError: true, code: 'ERR_BAD_REQUEST', request: {} }),
			'noResponse',
		],
		[
			'not taken by axios, though there was an answer',
			wrapped({ isAxiosError: true, code: 'ERR_BAD_REQUEST', response: {} }),
			'noResponse',
		],
		['that code from elsewhere', wrapped({ code: 'ERR_BAD_REQUEST' }), 'noResponse'],
		[
			'thrown where a request is built',
			wrapped({ stack: 'TypeError: test\n    at Object.transformRequest (axios.cjs:1:1)' }),
			'notSent',
		],
		[
			'thrown elsewhere',
			wrapped({ stack: 'TypeError: test\n    at transformResponse (axios.cjs:1:1)' }),
			'noResponse',
		],
		[
			'thrown elsewhere, with a text that says something else',
			wrapped({
				message: 'test\n    at transformRequest (x)',
				stack:
					'TypeError: test\n    at transformRequest (x)\n    at transformResponse (axios.cjs:1:1)',
			}),
			'noResponse',
		],
		['a TypeError without a stack', wrapped({ name: 'TypeError', stack: undefined }), 'noResponse'],
		['anything else', 'a text', 'noResponse'],
		[
			'refused, by the text alone',
			remembered('ECONNREFUSED', 'connect ECONNREFUSED 127.0.0.1:1'),
			'unreachable',
		],
		['refused by all addresses, by the code alone', remembered('ECONNREFUSED', ''), 'unreachable'],
		[
			'unknown host, by the text alone',
			remembered('ENOTFOUND', 'getaddrinfo ENOTFOUND no-such-host.invalid'),
			'unreachable',
		],
		[
			'time-out while connecting, by the text alone',
			remembered('ETIMEDOUT', 'connect ETIMEDOUT 127.0.0.1:1'),
			'unreachable',
		],
		[
			'time-out of a connection, by the text alone',
			remembered('ETIMEDOUT', 'read ETIMEDOUT'),
			'noResponse',
		],
		['unreachable, by the code alone', remembered('EHOSTUNREACH', ''), 'noResponse'],
		['reset, by the text alone', remembered('ECONNRESET', 'socket hang up'), 'noResponse'],
		[
			'expired certificate, by the code alone',
			remembered('CERT_HAS_EXPIRED', 'certificate has expired'),
			'notSent',
		],
	])('%s', (_, error, kind) => {
		expect(classifyNetworkError(error).kind).toBe(kind);
	});

	test.each([
		['ECONNABORTED', 'timeout of 1000ms exceeded', 'no response came in time'],
		['ECONNRESET', 'socket hang up', 'the connection broke (ECONNRESET)'],
	])('names the reason where n8n kept no more than the code: %s', (code, message, reason) => {
		expect(classifyNetworkError(remembered(code, message))).toEqual({ kind: 'noResponse', reason });
	});

	test('may have itself as its cause', () => {
		const error = new Error('test');
		error.cause = error;
		expect(classifyNetworkError(error).kind).toBe('noResponse');
	});
});

test.each([
	[
		'error and message',
		{ error: 'Invalid request', message: 'Missing' },
		'Invalid request: Missing',
	],
	['message alone', '{"message":"Forbidden"}', 'Forbidden'],
	['fields that are no text', { error: { code: 1 }, message: 7 }, ''],
	['text', ' no \n thanks ', 'no thanks'],
	[
		'HTML',
		'<html><head><style>b{}</style><script>1<2</script></head><body><h1>502</h1>Bad <b>Gateway</b></body></html>',
		'502 Bad Gateway',
	],
	['nothing', '', ''],
	['null', null, ''],
	['very much', 'x'.repeat(1000), `${'x'.repeat(300)}…`],
])('the words of a body: %s', (_, body, words) => {
	expect(readErrorText(body, NO_SECRETS)).toBe(words);
});

test.each([
	['an unclosed script', '<script'.repeat(40_000)],
	['unclosed tags', '<'.repeat(280_000)],
	['scripts that are closed', '<script>x</script>'.repeat(16_000)],
	['an open tag and much behind it', `<a ${'x'.repeat(280_000)}`],
	['white space', ' \n'.repeat(140_000)],
	['a long message', JSON.stringify({ message: '<script'.repeat(40_000) })],
])('a body of 280 kB takes no time: %s', (_, body) => {
	expect(cpuTime(() => readErrorText(body, new Redactor(['test-key'])))).toBeLessThan(200);
});

test('a secret is not in the words of a body, wherever it stands', () => {
	for (const before of [0, 290, 49_995])
		expect(
			readErrorText(`${'<b>'.repeat(before)}test-key`, new Redactor(['test-key'])),
		).not.toMatch(/test-|key/);
});

test.each([
	[407, undefined, true],
	[511, undefined, true],
	[403, 'text/html; charset=utf-8', true],
	[502, 'text/html', true],
	[403, 'application/json', false],
	[502, 'application/json', false],
	[403, undefined, false],
	[401, 'text/html', false],
	[404, 'text/html', false],
	[200, 'text/html', false],
])('whether HTTP %s as %s comes from something in between', (status, contentType, expected) => {
	expect(isFromIntermediary(status, contentType)).toBe(expected);
});
