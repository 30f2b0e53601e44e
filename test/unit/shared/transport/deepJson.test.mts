/** JSON that is nested more deeply than n8n can work with is a plain error, wherever it comes from. */
import { written } from '../../../written.mts';
import { readCallback } from '../../../../nodes/shared/callbacks/payload';
import { InvalidParameterError } from '../../../../nodes/shared/parameters/invalidParameter';
import { toObject } from '../../../../nodes/shared/parameters/values';
import { excerptOf, readErrorText } from '../../../../nodes/shared/failures/excerpt';
import { NO_SECRETS } from '../../../../nodes/shared/failures/redact';
import {
	parseJson,
	DEEPEST,
	isTooDeep,
	parseExactly,
	TooDeep,
} from '../../../../nodes/shared/transport/exactJson';

const objects = (depth: number, inside = '1') => '{"a":'.repeat(depth) + inside + '}'.repeat(depth);
const lists = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
const mixed = (depth: number) => '{"a":[0,"[[[",'.repeat(depth / 2) + '{}' + ']}'.repeat(depth / 2);

describe.each([
	['objects', objects],
	['lists', lists],
	['both', mixed],
])('%s', (_, json) => {
	test.each([DEEPEST + 2, 20_000, 200_000])('%i levels', (depth) => {
		expect(() => parseExactly(json(depth))).toThrow(TooDeep);
		expect(parseJson(json(depth))).toBe(json(depth));
		expect(readErrorText(json(depth), NO_SECRETS)).toBeTruthy();
		expect(excerptOf(json(depth), NO_SECRETS).length).toBeLessThan(310);
		expect(
			readCallback(Buffer.from(`{"message_id":"m","status":"success","result":${json(depth)}}`)),
		).toEqual({ error: 'The body is nested more than 1000 levels deep' });
	});

	test('as many as are allowed', () => {
		const depth = DEEPEST - 2;
		expect(JSON.stringify(parseExactly(json(depth)))).toBe(json(depth));
		expect(isTooDeep(structuredClone(JSON.parse(json(depth))))).toBe(false);
	});
});

describe('a parameter', () => {
	const NAME = { label: 'Payload', name: 'payload' };
	const refusalOf = (value: unknown) => {
		try {
			return toObject(value, NAME);
		} catch (error) {
			return written((error as InvalidParameterError).failure)?.message;
		}
	};

	test.each([
		['as text', objects(20_000)],
		['as an object', JSON.parse(objects(20_000)) as unknown],
	])('%s', (_, value) => {
		expect(refusalOf(value)).toBe(
			'Payload (payload) is nested more than 1000 levels deep, or contains itself',
		);
	});

	test('that holds itself', () => {
		const own: Record<string, unknown> = {};
		own.inner = [own];
		expect(refusalOf(own)).toBe(
			'Payload (payload) is nested more than 1000 levels deep, or contains itself',
		);
	});
});

test('long digits, too, are read in deep JSON', () => {
	expect(JSON.stringify(parseExactly(objects(500, '12345678901234567890')))).toBe(
		objects(500, '"12345678901234567890"'),
	);
});
