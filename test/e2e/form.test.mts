/** The form for the parameters of a run, in a real n8n of each version, and as a tool of an agent. */
import { join } from 'node:path';
import type { INodeParameters } from 'n8n-workflow';
import { NEWEST_N8N, N8N_VERSIONS } from '../n8n/install.mts';
import { answersToCalls, chatting, TOOL } from './agent.mts';
import { withEnvironment } from './cases.mts';
import { itemsOf, startEnvironment, withParameters, type E2eEnvironment } from './environment.mts';
import { run, start } from './workflows.mts';

const root = join(__dirname, '../..');

const DEFINITION = {
	properties: {
		PATIENT_NAME: { description: 'Full name', title: 'Patient Name', type: 'string' },
		MRN: { title: 'Mrn', type: 'integer' },
		SINCE: { anyOf: [{ format: 'date', type: 'string' }, { type: 'null' }], default: null },
		KIND: { default: 'new', enum: ['new', 'old'], title: 'Kind', type: 'string' },
	},
	required: ['PATIENT_NAME', 'MRN'],
	title: 'Params',
	type: 'object',
};

const formOf = (value: Record<string, string>): INodeParameters => ({
	parametersMode: 'form',
	parameterDefinition: JSON.stringify(DEFINITION),
	parametersForm: {
		mappingMode: 'defineBelow',
		value,
		matchingColumns: [],
		schema: Object.keys(value).map((id) => ({
			id,
			displayName: id,
			required: false,
			defaultMatch: false,
			display: true,
			type: id === 'MRN' ? 'number' : 'string',
		})),
		attemptToConvertTypes: false,
		convertFieldsToString: false,
	},
});

const paramsSent = ({ sandbox }: E2eEnvironment) =>
	sandbox
		.state()
		.requests.map(({ rawBody }) => /"workflow_params":(\{.*?\})/.exec(rawBody ?? '')?.[1]);

describe.each(N8N_VERSIONS)('n8n %s', (version) => {
	const it = withEnvironment(() => startEnvironment({ root, version }));

	it('values of expressions are sent with the types of the definition', async (environment) => {
		const value = {
			PATIENT_NAME: '={{ $json.body.name }}',
			MRN: '={{ $json.body.mrn }}',
			SINCE: '={{ DateTime.fromISO("2026-01-31") }}',
			KIND: '={{ $json.body.kind }}',
		};
		const execution = await run(
			environment,
			`form-${version}`,
			[start(environment.credential, '{}', formOf(value))],
			{ name: 'Jane Doe', mrn: '7615917337495251231' },
		);
		expect(execution.status).toBe('success');
		expect(itemsOf(execution, 'Start')).toHaveLength(1);
		expect(paramsSent(environment)).toEqual([
			'{"PATIENT_NAME":"Jane Doe","MRN":7615917337495251231,"SINCE":"2026-01-31"}',
		]);
	});

	it('a wrong value starts nothing', async (environment) => {
		const execution = await run(
			environment,
			`form-wrong-${version}`,
			[
				start(
					environment.credential,
					'{}',
					formOf({ PATIENT_NAME: '={{ $json.body.missing }}', MRN: '={{ $json.body.mrn }}' }),
				),
			],
			{ mrn: 'abc' },
		);
		expect(execution.status).toBe('error');
		expect(JSON.stringify(execution)).toContain(
			'2 values do not fit the definition of the parameters: \\"MRN\\" must be a whole number, but is the text \\"abc\\"; \\"PATIENT_NAME\\" is required, but has no value',
		);
		expect(environment.sandbox.state().counts.requests).toBe(0);
	});
});

describe('as a tool of an agent', () => {
	const it = withEnvironment(() => startEnvironment({ root, version: NEWEST_N8N }));

	async function chat(environment: E2eEnvironment, parameters: object, args: object) {
		environment.model.play({ calls: [{ ...args }] }, { text: 'Done.' });
		const workflow = await environment.importExample('ai-agent', (example) => {
			const changed = withParameters(chatting(example, 'Start it'), TOOL, {
				...formOf({}),
				workflowId: 'w',
				...parameters,
			});
			for (const { name, parameters: all } of changed.nodes)
				if (name === TOOL) {
					delete all.descriptionType;
					delete all.toolDescription;
				}
			return changed;
		});
		const { executionId = '' } = await environment.client.runWorkflowManually(workflow);
		await environment.client.waitForExecution(executionId, undefined, 60_000);
		return environment.model.requests[0].tools[0].function;
	}

	it('the model is told the definition, and fills in all parameters at once', async (environment) => {
		const tool = await chat(
			environment,
			{ parametersForm: "={{ $fromAI('parameters', 'The parameters as one object', 'json') }}" },
			{ parameters: { PATIENT_NAME: 'Jane Doe', MRN: '5', KIND: '' } },
		);
		expect(tool.description).toMatch(
			/^Start a run in NenAI\. Its parameters, as JSON Schema or as an example: \{"properties":\{"PATIENT_NAME":\{"description":"Full name","type":"string"\}/,
		);
		expect(paramsSent(environment)).toEqual(['{"PATIENT_NAME":"Jane Doe","MRN":5}']);
	});

	it('the model fills in single fields, and is told what does not fit', async (environment) => {
		const value = {
			PATIENT_NAME: "={{ $fromAI('PATIENT_NAME', 'Full name', 'string') }}",
			MRN: "={{ $fromAI('MRN', '', 'string') }}",
		};
		const tool = await chat(environment, formOf(value), {
			PATIENT_NAME: 'Jane Doe',
			MRN: 'unknown',
		});
		expect(tool.parameters).toMatchObject({ required: ['PATIENT_NAME', 'MRN'] });
		expect(answersToCalls(environment.model)).toEqual([
			expect.stringContaining('"MRN\\" must be a whole number, but is the text \\"unknown\\"'),
		]);
		expect(environment.sandbox.state().counts.runsStarted).toBe(0);
	});
});
