/** What a tool's JSON Schema forbids: only what it plainly does. */
import type { IDataObject } from 'n8n-workflow';
import { problemsOf } from '../../../../nodes/NenAiDesktop/resources/computer/schema';

const CLOSED = { type: 'object', additionalProperties: false };
const copies = { copies: { type: 'integer' } };

test.each<[string, unknown, IDataObject]>([
	[
		'parameters of any form',
		{
			...CLOSED,
			properties: { action: { enum: ['print'] }, params: { type: 'object' } },
			required: ['action', 'params'],
		},
		{ copies: 1 },
	],
	[
		'parameters described elsewhere',
		{ ...CLOSED, properties: { params: { $ref: '#/$defs/params' } } },
		{ copies: 1 },
	],
	[
		'parameters of one of several forms',
		{ ...CLOSED, properties: { params: { anyOf: [{ type: 'object' }] } } },
		{ copies: 1 },
	],
	[
		'parameters of forms beside what is known',
		{ properties: { params: { ...CLOSED, properties: copies, oneOf: [{}] } } },
		{ paper: 'A4' },
	],
	[
		'a tool that is demanded',
		{
			...CLOSED,
			properties: { tool: { type: 'string' }, action: { type: 'string' }, ...copies },
			required: ['tool', 'action', 'copies'],
		},
		{ copies: 1 },
	],
	[
		'an action that is demanded and not described',
		{ ...CLOSED, properties: copies, required: ['action'] },
		{ copies: 1 },
	],
	[
		'params that are demanded and not described',
		{ properties: copies, required: ['params'] },
		{ copies: 1 },
	],
	[
		'a nullable value',
		{ properties: { tray: { type: 'string', nullable: true, enum: ['a'] } } },
		{ tray: null },
	],
	[
		'a value that may be null',
		{ properties: { tray: { type: ['string', 'null'] } } },
		{ tray: null },
	],
	[
		'names by a pattern',
		{ ...CLOSED, properties: copies, patternProperties: { '^x-': {} } },
		{ 'x-1': 1 },
	],
	[
		'names of one of several forms',
		{ ...CLOSED, properties: copies, oneOf: [{ properties: { paper: {} } }] },
		{ paper: 'A4' },
	],
	[
		'names of all of several forms',
		{ ...CLOSED, properties: copies, allOf: [{ properties: { paper: {} } }] },
		{ paper: 'A4' },
	],
	[
		'a value of one of several forms',
		{ properties: { paper: { type: 'string', anyOf: [{}] } } },
		{ paper: 4 },
	],
	[
		'an action that is not in the list: the list may be incomplete',
		{ properties: { action: { enum: ['print'] }, params: { type: 'object' } } },
		{ copies: 1 },
	],
	['a text that is a whole number', { properties: copies }, { copies: '12345678901234567890' }],
	['a text that is a number', { properties: { scale: { type: 'number' } } }, { scale: ' 1.5 ' }],
	[
		'a text that is one of the numbers',
		{ properties: { scale: { type: 'integer', enum: [1, 2] } } },
		{ scale: '2' },
	],
])('%s is not refused', (_, schema, params) => {
	expect(problemsOf(schema, params)).toEqual([]);
});

test.each<[string, unknown, IDataObject, string]>([
	[
		'null',
		{ properties: { tray: { type: 'string' } } },
		{ tray: null },
		'"tray" must be text, but is null',
	],
	[
		'a text that is half a number',
		{ properties: copies },
		{ copies: '1.5' },
		'"copies" must be a whole number, but is the text "1.5"',
	],
	[
		'an empty text',
		{ properties: copies },
		{ copies: '' },
		'"copies" must be a whole number, but is empty',
	],
	[
		'what is missing within params',
		{ properties: { params: { properties: copies, required: ['copies'] } } },
		{},
		'"copies" is missing',
	],
])('%s is refused', (_, schema, params, problem) => {
	expect(problemsOf(schema, params)).toEqual([problem]);
});
