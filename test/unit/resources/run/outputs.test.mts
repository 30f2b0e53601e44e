import type { IExecuteFunctions } from 'n8n-workflow';
import { checkOutputs, outputsProperty } from '../../../../nodes/NenAi/resources/run/outputs';
import { NO_SECRETS } from '../../../../nodes/shared/failures/redact';
import type { InvalidParameterError } from '../../../../nodes/shared/parameters/invalidParameter';
import { ParameterReader } from '../../../../nodes/shared/parameters/parameterReader';

const { mockMissing } = jest.requireMock<{ mockMissing: Set<string> }>('n8n-workflow');

/** The real package, without the exports that a test takes away. */
jest.mock('n8n-workflow', () => {
	const real: Record<string, unknown> = jest.requireActual('n8n-workflow');
	const missing = new Set<string>();
	return new Proxy(real, {
		get: (_, name) =>
			name === 'mockMissing' ? missing : missing.has(String(name)) ? undefined : real[String(name)],
	});
});

afterEach(() => mockMissing.clear());

/** The error about the outputs, in an n8n with or without the function that came with a later version. */
function check(outputs: string, { hasFunction = true, type = 'n8n-nodes-nenai.nenAi' } = {}) {
	const execution = {
		getNode: () => ({ type }),
		...(hasFunction && { onExecutionFinish: () => {} }),
	} as unknown as IExecuteFunctions;
	try {
		checkOutputs.call(execution, new ParameterReader([outputsProperty], () => outputs));
		return undefined;
	} catch (error) {
		return (error as InvalidParameterError).failure.message.write(NO_SECRETS);
	}
}

const TOO_OLD = /older than version 2\.39/;

test('a new n8n can have an output for each outcome', () => {
	expect(check('byOutcome')).toBeUndefined();
});

test('an n8n whose n8n-workflow is too old cannot', () => {
	mockMissing.add('N8N_NODES_API_VERSION');
	expect(check('byOutcome')).toMatch(TOO_OLD);
});

test('nor can one that is too old itself, beside a second, newer copy of n8n-workflow', () => {
	expect(check('byOutcome', { hasFunction: false })).toMatch(TOO_OLD);
});

test.each([
	['single', 'n8n-nodes-nenai.nenAi'],
	['byOutcome', 'n8n-nodes-nenai.nenAiTool'],
])('an old n8n is good enough for outputs "%s" of %s', (outputs, type) => {
	mockMissing.add('N8N_NODES_API_VERSION');
	expect(check(outputs, { type, hasFunction: false })).toBeUndefined();
});
