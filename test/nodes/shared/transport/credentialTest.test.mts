import { CredentialTestContext } from 'n8n-core';
import { testCredential } from '../../../../nodes/shared/transport/credentialTest';
import { withSandbox } from '../../../sandbox/cases.mts';
import type { Answer, Sandbox } from '../../../sandbox/index.mts';

let sandbox: Sandbox;
withSandbox((given) => (sandbox = given));

/** What n8n does when the Test button is pressed. */
const pressTest = (data: object = {}) =>
	testCredential.call(new CredentialTestContext(), {
		id: '1',
		name: 'NenAI',
		type: 'nenAiApi',
		data: { apiKey: sandbox.apiKey, baseUrl: sandbox.url, ...data },
	});

test.each([
	['as it is', ''],
	['with slashes after the base URL', '//'],
])('a good key, %s: OK, and nothing is started', async (_, slashes) => {
	expect(await pressTest({ baseUrl: sandbox.url + slashes })).toEqual({
		status: 'OK',
		message: expect.stringMatching(/accepted this API key/),
	});
	expect(sandbox.state().counts).toMatchObject({ requests: 1, runsStarted: 0 });
	expect(sandbox.state().requests[0].authorized).toBe(true);
});

test.each([401, 403] as const)('a bad key, refused with %s', async (refusedKeyStatus) => {
	sandbox.setDefaults({ refusedKeyStatus });
	const result = await pressTest({ apiKey: 'test-wrong-key' });
	expect(result).toEqual({
		status: 'Error',
		message: expect.stringMatching(/did not accept the API key for the test \(HTTP 40[13]\)/),
	});
	expect(result.message).not.toContain('test-wrong-key');
});

test.each<[string, Answer, RegExp]>([
	[
		'a redirect',
		{ status: 302, headers: { location: 'http://127.0.0.1:1/' } },
		/answers with a redirect.*\(HTTP 302\)/,
	],
	[
		'a web page',
		{ status: 200, body: 'Welcome' },
		/does not answer like the NenAI API.*\(HTTP 200\)/,
	],
	[
		'an address without the API',
		{ status: 404 },
		/does not answer like the NenAI API.*\(HTTP 404\)/,
	],
	[
		'a 400 of another server',
		{ status: 400, body: 'plain HTTP request was sent to HTTPS port' },
		/does not answer like the NenAI API.*\(HTTP 400\)/,
	],
	['too many requests', { status: 429 }, /\(HTTP 429\).*was not checked/],
	['a broken gateway', { status: 502 }, /\(HTTP 502\).*was not checked/],
	[
		'a proxy that wants a password',
		{ status: 407 },
		/A proxy or a firewall between this n8n and NenAI rejected the test \(HTTP 407\)/,
	],
	[
		'a firewall',
		{ status: 403, body: '<h1>Blocked</h1>', contentType: 'text/html' },
		/A proxy or a firewall between this n8n and NenAI rejected the test \(HTTP 403\)/,
	],
])('%s', async (_, refuse, says) => {
	sandbox.faults.add({ refuse });
	expect(await pressTest()).toEqual({ status: 'Error', message: expect.stringMatching(says) });
});

test.each([
	[
		'an unreachable host',
		'http://127.0.0.1:1',
		/could not be reached at 127\.0\.0\.1:1 for the test: the connection was refused/,
	],
	['a base URL that is none', 'api.getnen.ai', /not an http\(s\) URL/],
	['an empty base URL', '', /^The base URL of the credential is empty/],
	[
		'a base URL with a password',
		'https://user:test-key@api.example',
		/has a user name or a password in it\. It is usually/,
	],
	['a base URL with a query', 'https://api.example?key=test', /has a "\?" or a "#" in it\. It is/],
])('%s', async (_, baseUrl, says) => {
	expect(await pressTest({ baseUrl })).toEqual({
		status: 'Error',
		message: expect.stringMatching(says),
	});
});
