/** The form for the parameters of a run: what NenAI receives, byte by byte, and which values start no run. */
import type { IDataObject, INodeParameters, ResourceMapperFields } from 'n8n-workflow';
import { withSandbox } from '../../../sandbox/cases.mts';
import type { Sandbox } from '../../../sandbox/index.mts';
import { Credentials, execute, loadFields, type ExecuteOptions } from '../../engine.mts';

let sandbox: Sandbox;
withSandbox((given) => (sandbox = given), { retryDelaysMs: [], fault: { callbacks: [] } });

const DEFINITION = {
	$defs: {
		Address: {
			properties: { ZIP: { pattern: '^\\d{5}$', type: 'string' }, CITY: { type: 'string' } },
			required: ['ZIP'],
			type: 'object',
		},
	},
	properties: {
		PATIENT_NAME: { title: 'Patient Name', type: 'string' },
		AGE: { minimum: 0, maximum: 150, type: 'integer' },
		AMOUNT: {
			anyOf: [{ type: 'number' }, { type: 'string', pattern: '^\\d+(\\.\\d+)?$' }],
			default: '0',
		},
		NOTE: { type: 'string', default: 'none' },
		URGENT: { type: 'boolean', default: false },
		SINCE: { anyOf: [{ type: 'string', format: 'date' }, { type: 'null' }], default: null },
		KIND: { enum: ['new', 'old'], type: 'string', default: 'new' },
		ADDRESS: { anyOf: [{ $ref: '#/$defs/Address' }, { type: 'null' }], default: null },
		TAGS: { type: 'array', items: { type: 'string' }, default: [] },
		SCORE: { type: 'number', default: 1 },
	},
	required: ['PATIENT_NAME', 'AGE'],
	title: 'Params',
	type: 'object',
};
const NAME = { PATIENT_NAME: 'Jane Doe' };
const GOOD = { ...NAME, AGE: 5 };

/** What the editor saves: the fields with their types, and the values. */
const form = async (
	value: IDataObject,
	definition: unknown = DEFINITION,
	filledIn: unknown = definition,
) => ({
	parametersMode: 'form',
	parameterDefinition: typeof definition === 'string' ? definition : JSON.stringify(definition),
	parametersForm: {
		mappingMode: 'defineBelow',
		value,
		matchingColumns: [],
		schema: (await fieldsFor(filledIn)).fields,
		attemptToConvertTypes: false,
		convertFieldsToString: false,
	},
});

const fieldsFor = async (definition: unknown): Promise<ResourceMapperFields> =>
	await loadFields('getParameterFields', {
		parametersMode: 'form',
		parameterDefinition: typeof definition === 'string' ? definition : JSON.stringify(definition),
	});

const start = (parameters: IDataObject, more: Partial<ExecuteOptions> = {}) =>
	execute({
		credentials: new Credentials({ apiKey: sandbox.apiKey, baseUrl: sandbox.url }),
		parameters: { workflowId: 'w', callback: 'none', ...parameters } as INodeParameters,
		...more,
	});
const startForm = async (value: IDataObject, more: Partial<ExecuteOptions> = {}) =>
	await start(await form(value), more);

/** The parameters in each request, exactly as they came. */
const sent = () =>
	sandbox
		.state()
		.requests.map(
			({ rawBody }) => /^\{"workflow_id":"w","workflow_params":(.*)\}$/s.exec(rawBody ?? '')?.[1],
		);

async function expectRefused(
	parameters: IDataObject,
	message: string,
	more: Partial<ExecuteOptions> = {},
) {
	const { error } = await start(parameters, more);
	expect(error?.message).toBe(`${message} [item 0]`);
	expect(sandbox.state().counts.requests).toBe(0);
	return error;
}

describe('what is sent', () => {
	test.each<[string, IDataObject, string]>([
		['required values', GOOD, '{"PATIENT_NAME":"Jane Doe","AGE":5}'],
		[
			'a number as text',
			{ ...NAME, AGE: '={{ $json.age }}' },
			'{"PATIENT_NAME":"Jane Doe","AGE":42}',
		],
		[
			'a number with a fraction of zero',
			{ ...NAME, AGE: '={{ "5.0" }}' },
			'{"PATIENT_NAME":"Jane Doe","AGE":5}',
		],
		[
			'a name that is a number',
			{ PATIENT_NAME: '={{ 7 }}', AGE: 5 },
			'{"PATIENT_NAME":"7","AGE":5}',
		],
		[
			'digits of an amount as text',
			{ ...GOOD, AMOUNT: '12.50' },
			'{"PATIENT_NAME":"Jane Doe","AGE":5,"AMOUNT":"12.50"}',
		],
		[
			'digits of a number',
			{ ...GOOD, SCORE: '0.1234567890123456789' },
			'{"PATIENT_NAME":"Jane Doe","AGE":5,"SCORE":0.1234567890123456789}',
		],
		[
			'digits of a number of an expression',
			{ ...GOOD, SCORE: '={{ $json.digits }}' },
			'{"PATIENT_NAME":"Jane Doe","AGE":5,"SCORE":7615917337495251231}',
		],
		[
			'true and false',
			{ ...GOOD, URGENT: '={{ "TRUE" }}' },
			'{"PATIENT_NAME":"Jane Doe","AGE":5,"URGENT":true}',
		],
		[
			'a switch that is off',
			{ ...GOOD, URGENT: false },
			'{"PATIENT_NAME":"Jane Doe","AGE":5,"URGENT":false}',
		],
		[
			'the date of a picker',
			{ ...GOOD, SINCE: '2026-01-31T00:00:00' },
			'{"PATIENT_NAME":"Jane Doe","AGE":5,"SINCE":"2026-01-31"}',
		],
		[
			'a date of an expression',
			{ ...GOOD, SINCE: '={{ DateTime.fromISO("2026-01-31") }}' },
			'{"PATIENT_NAME":"Jane Doe","AGE":5,"SINCE":"2026-01-31"}',
		],
		[
			'an object as JSON text',
			{ ...GOOD, ADDRESS: '{"ZIP":"01234","EXTRA":1.50}' },
			'{"PATIENT_NAME":"Jane Doe","AGE":5,"ADDRESS":{"ZIP":"01234","EXTRA":1.50}}',
		],
		[
			'an object of an expression',
			{ ...GOOD, ADDRESS: '={{ ({ ZIP: $json.zip }) }}' },
			'{"PATIENT_NAME":"Jane Doe","AGE":5,"ADDRESS":{"ZIP":"12345"}}',
		],
		[
			'a list',
			{ ...GOOD, TAGS: '["a","b"]' },
			'{"PATIENT_NAME":"Jane Doe","AGE":5,"TAGS":["a","b"]}',
		],
		[
			'fields left empty',
			{
				...GOOD,
				NOTE: '={{ "" }}',
				SCORE: '',
				SINCE: null,
				TAGS: '={{ $json.missing }}',
				KIND: '={{ "" }}',
			},
			'{"PATIENT_NAME":"Jane Doe","AGE":5}',
		],
		[
			'null of an expression, where it is allowed',
			{ ...GOOD, SINCE: '={{ null }}', NOTE: '={{ null }}' },
			'{"PATIENT_NAME":"Jane Doe","AGE":5,"SINCE":null}',
		],
		[
			'an empty text of an expression, if it is required',
			{ PATIENT_NAME: '={{ "" }}', AGE: 5 },
			'{"PATIENT_NAME":"","AGE":5}',
		],
	])('%s', async (_, value, expected) => {
		const item = { age: '42', digits: '7615917337495251231', zip: 12345 };
		expect((await startForm(value, { items: [item] })).error).toBeUndefined();
		expect(sent()).toEqual([expected]);
	});

	test.each<[string, unknown]>([
		['a plain object', GOOD],
		['JSON text', JSON.stringify(GOOD)],
		['an expression that returns an object', '={{ ({ PATIENT_NAME: $json.name, AGE: "5" }) }}'],
		['an expression in JSON text', '={ "PATIENT_NAME": "{{ $json.name }}", "AGE": 5 }'],
		[
			'values without the rest of what the editor saves',
			{ mappingMode: 'defineBelow', value: GOOD },
		],
		[
			'values that are an expression',
			{ mappingMode: 'defineBelow', value: '={{ ({ PATIENT_NAME: $json.name, AGE: 5 }) }}' },
		],
	])('%s instead of the form', async (_, parametersForm) => {
		const parameters = { ...(await form({})), parametersForm: parametersForm as IDataObject };
		expect((await start(parameters, { items: [{ name: 'Jane Doe' }] })).error).toBeUndefined();
		expect(sent()).toEqual(['{"PATIENT_NAME":"Jane Doe","AGE":5}']);
	});

	test('an example as the definition', async () => {
		const example = { NAME: 'Jane', AGE: 5, URGENT: true, LIST: ['a'], ANY: null };
		await start(
			await form({ NAME: 'Joe', AGE: '6.5', URGENT: false, LIST: '["b"]', ANY: 'x' }, example),
		);
		expect(sent()).toEqual(['{"NAME":"Joe","AGE":6.5,"URGENT":false,"LIST":["b"],"ANY":"x"}']);
	});

	test('a definition for each item', async () => {
		const definition =
			'={{ ({ type: "object", properties: { [$json.name]: { type: $json.type } } }) }}';
		const parametersForm = '={{ ({ [$json.name]: "5" }) }}';
		await start(
			{ parametersMode: 'form', parameterDefinition: definition, parametersForm },
			{
				items: [
					{ name: 'A', type: 'integer' },
					{ name: 'B', type: 'string' },
				],
			},
		);
		expect(sent().sort()).toEqual(['{"A":5}', '{"B":"5"}']);
	});

	test('other names, if the definition allows them', async () => {
		const definition = {
			type: 'object',
			properties: {},
			additionalProperties: { type: 'integer' },
		};
		await start({ ...(await form({}, definition)), parametersForm: { ANY: '5' } });
		expect(sent()).toEqual(['{"ANY":5}']);
	});

	test('Start and Wait sends the same', async () => {
		const { url: baseUrl, apiKey, webhookSecret } = sandbox;
		await execute({
			credentials: new Credentials({ apiKey, baseUrl, webhookSecret }),
			parameters: {
				operation: 'startAndWait',
				workflowId: 'w',
				...(await form({ ...NAME, AGE: '5' })),
			} as INodeParameters,
		});
		expect(sandbox.state().requests[0].rawBody).toContain(
			'"workflow_params":{"PATIENT_NAME":"Jane Doe","AGE":5}',
		);
	});
});

describe('what starts no run', () => {
	test.each<[string, IDataObject, string]>([
		[
			'a wrong type',
			{ ...NAME, AGE: '={{ "abc" }}' },
			'The parameter "AGE" must be a whole number, but is the text "abc"',
		],
		[
			'an empty text for a number',
			{ ...NAME, AGE: '={{ "" }}' },
			'The parameter "AGE" is required, but has no value',
		],
		[
			'nothing for a required value',
			{ PATIENT_NAME: '={{ $json.missing }}', AGE: 5 },
			'The parameter "PATIENT_NAME" is required, but has no value',
		],
		[
			'a number out of its range',
			{ ...NAME, AGE: 151 },
			'The parameter "AGE" must be at most 150, but is the number 151',
		],
		[
			'an unknown choice',
			{ ...GOOD, KIND: '={{ "x" }}' },
			'The parameter "KIND" must be one of "new", "old", but is the text "x"',
		],
		[
			'a wrong date',
			{ ...GOOD, SINCE: '={{ "31.1.2026" }}' },
			'The parameter "SINCE" must be a date, such as 2026-01-31, but is the text "31.1.2026"',
		],
		[
			'a field of an object',
			{ ...GOOD, ADDRESS: '{"ZIP":"1"}' },
			'The parameter "ADDRESS.ZIP" must match the pattern ^\\d{5}$, but is the text "1"',
		],
		[
			'an entry of a list',
			{ ...GOOD, TAGS: '["a","b",{}]' },
			'The parameter "TAGS[2]" must be text, but is an object',
		],
		[
			'several values',
			{ PATIENT_NAME: '={{ [] }}', AGE: '={{ -1 }}', ADDRESS: '{"CITY":5}', TAGS: '={{ "x" }}' },
			'4 values do not fit the definition of the parameters: "PATIENT_NAME" must be text, but is a list; "AGE" must be at least 0, but is the number -1; "ADDRESS.ZIP" is required, but has no value; "TAGS" must be a list, but is the text "x"',
		],
		[
			'a number that an expression has rounded',
			{ ...GOOD, SCORE: '={{ 7615917337495251231 }}' },
			'The parameter "SCORE" is a number that cannot be sent exactly (7615917337495251000)',
		],
		[
			'a text of a number that an expression has rounded',
			{ ...GOOD, SCORE: '={{ String(7615917337495251231) }}' },
			'The parameter "SCORE" is a number that cannot be sent exactly (7615917337495251000)',
		],
		[
			'a rounded number for a text',
			{ PATIENT_NAME: '={{ 7615917337495251231 }}', AGE: 5 },
			'The parameter "PATIENT_NAME" is a number that cannot be sent exactly (7615917337495251000)',
		],
	])('%s', async (_, value, message) => {
		const error = await expectRefused(await form(value), message);
		expect(error?.description).toMatch(
			/\. Nothing was sent to NenAI\.|No run was started|nothing was sent/i,
		);
	});

	test('a value that an execution of the editor would have refused', async () => {
		await expectRefused(
			{ ...(await form({})), parametersForm: { ...NAME, AGE: 'abc' } },
			'The parameter "AGE" must be a whole number, but is the text "abc"',
		);
	});

	test('a name that the definition does not have', async () => {
		await expectRefused(
			{ ...(await form({})), parametersForm: { patient_name: 'x', FOO: 1, AGE: 5 } },
			'3 values do not fit the definition of the parameters: "patient_name" is not in the definition. Do you mean "PATIENT_NAME"?; "FOO" is not in the definition; "PATIENT_NAME" is required, but has no value',
		);
	});

	test('a form that was filled in for an earlier definition', async () => {
		const changed = {
			...DEFINITION,
			properties: {
				PATIENT: { type: 'string' },
				AGE: { type: 'integer' },
				MRN: { type: 'string' },
			},
			required: ['MRN', 'AGE'],
		};
		const error = await expectRefused(
			await form(GOOD, changed, DEFINITION),
			'2 values do not fit the definition of the parameters: "PATIENT_NAME" is not in the definition; "MRN" is required, but has no value',
		);
		expect(error?.description).toContain(
			'If the NenAI workflow has changed, paste its new definition',
		);
	});

	test('one wrong item stops all', async () => {
		const { error } = await startForm(
			{ ...NAME, AGE: '={{ $json.age }}' },
			{ items: [{ age: 1 }, { age: 'x' }, { age: 3 }] },
		);
		expect(error?.message).toMatch(/"AGE" must be a whole number.*\[item 1\]$/);
		expect(sandbox.state().counts.requests).toBe(0);
	});

	test('with Continue, a wrong item carries its error, and the others start', async () => {
		const { items } = await startForm(
			{ ...NAME, AGE: '={{ $json.age }}' },
			{
				items: [{ age: 1 }, { age: 'x' }, { age: 3 }],
				settings: { onError: 'continueRegularOutput' },
			},
		);
		expect(items.map(({ json }) => json.error ?? 'started')).toEqual([
			'started',
			expect.stringMatching(/^The parameter "AGE" must be a whole number, but is the text "x"/),
			'started',
		]);
		expect(sandbox.state().counts.runsStarted).toBe(2);
	});

	test.each([
		['', 'Parameter Definition (parameterDefinition) is empty'],
		[
			'class Params:',
			"Parameter Definition (parameterDefinition) is not valid JSON: Unexpected token 'c'",
		],
		[
			'{"type":"object","properties":{"A":{"$ref":"#/$defs/B"}}}',
			'Parameter Definition (parameterDefinition) cannot be used as a JSON Schema at properties.A.$ref: it refers to #/$defs/B, which the definition does not have',
		],
	])('the definition %j', async (definition, message) => {
		const error = await expectRefused(
			{ ...(await form({})), parameterDefinition: definition, parametersForm: {} },
			message,
		);
		expect(error?.description).toMatch(/NenAI contact|quotes/);
	});

	test('names of JavaScript', async () => {
		const parametersForm = '{"__proto__":{"PATIENT_NAME":"x"},"constructor":1,"AGE":5}';
		await expectRefused(
			{ ...(await form({})), parametersForm },
			'3 values do not fit the definition of the parameters: "__proto__" is not in the definition; "constructor" is not in the definition; "PATIENT_NAME" is required, but has no value',
		);
	});
});

describe('in the editor', () => {
	test('there is a field for each parameter', async () => {
		const { fields, emptyFieldsNotice } = await fieldsFor(DEFINITION);
		expect(emptyFieldsNotice).toBeUndefined();
		expect(fields.map(({ id, type, required }) => `${id}: ${type}${required ? '!' : ''}`)).toEqual([
			'PATIENT_NAME: string!',
			'AGE: number!',
			'AMOUNT: string',
			'NOTE: string',
			'URGENT: boolean',
			'SINCE: dateTime',
			'KIND: options',
			'ADDRESS: object',
			'TAGS: array',
			'SCORE: number',
		]);
	});

	test.each([
		['', /^Paste the definition/],
		['={{ $json.definition }}', /is an expression/],
		['{}', /is empty\. Paste what your NenAI contact/],
		['<b>', /is not valid JSON/],
		['{"type":"object","properties":{"<b>":5}}', /at properties\.&lt;b&gt;: it must be a schema/],
		['{"type":"object","properties":{}}', /has no parameters/],
	])('the definition %j gives a notice', async (definition, notice) => {
		expect(await fieldsFor(definition)).toEqual({
			fields: [],
			emptyFieldsNotice: expect.stringMatching(notice) as string,
		});
	});

	test('n8n itself refuses a form without a required value', async () => {
		const { error } = await startForm(NAME).catch((thrown: Error) => ({ error: thrown }));
		expect(error?.message).toContain('Parameter "AGE" is required');
		expect(sandbox.state().counts.requests).toBe(0);
	});
});
