/** n8n replaces whole texts that hold certain codes. What the package says must stay as it is. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { NodeOperationError } from 'n8n-workflow';
import { keepText, toNodeError } from '../../../../nodes/shared/failures/failure';

const NODE = {
	id: '1',
	name: 'Stop and Error',
	type: 'n8n-nodes-base.stopAndError',
	typeVersion: 1,
	position: [0, 0] as [number, number],
	parameters: {},
};

/** What n8n's Stop and Error node makes of a text. */
const thrown = (text: string) => new NodeOperationError(NODE, text).message;

/** The codes that n8n looks for, read from its source. */
const source = readFileSync(
	join(require.resolve('n8n-workflow'), '../errors/abstract/node.error.js'),
	'utf8',
);
const table = /const COMMON_ERRORS = \{([^}]+)\}/.exec(source)?.[1] ?? '';
const CODES = [...table.matchAll(/^\s+([A-Z_]+):/gm)].map(([, code]) => code);

test('the codes are found, and n8n does replace a text that holds one', () => {
	expect(CODES.length).toBeGreaterThanOrEqual(16);
	for (const code of CODES) expect(thrown(`It broke (${code})`)).not.toContain('It broke');
});

describe.each(CODES)('a text with %s', (code) => {
	test.each([
		['as it is', `The connection broke (${code}) [item 0]. Try again.`],
		['in small letters', `connect ${code.toLowerCase()} 127.0.0.1:1`],
		['inside of another word', `Fil${code}sError: NenAI says so`],
		['twice', `${code} ${code}`],
		['twice without a space', `${code}${code}`],
		['that begins with the last letter of another', `ERRADDRINUSE${code.slice(1)}`],
	])('%s: n8n leaves it alone, and it looks the same', (_, text) => {
		const kept = keepText(text);
		expect(thrown(kept)).toBe(kept);
		expect(kept.replaceAll('\u2060', '')).toBe(text);
	});

	test.each([
		['of the builder', undefined],
		['of a request', {}],
		['of a request with a status', { httpCode: 503 }],
	])('as an error of the node, %s: n8n leaves it alone', (_, request) => {
		const failure = { message: `The connection broke (${code})`, hint: 'Try again.' };
		expect(toNodeError(NODE, { ...failure, request }, 0).message).toBe(
			`The connection broke (${code}) [item 0]`,
		);
	});
});

test('a text without such a code is not changed', () => {
	const text =
		'NenAI says: 503, timeout, bad gateway, E CONN REFUSED. Message ID 550e8400-e29b-41d4-a716-446655440000';
	expect(keepText(text)).toBe(text);
	expect(thrown(text)).toBe(text);
});
