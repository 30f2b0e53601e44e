/** Run → Get Logs. */
import { withSandbox } from '../../../sandbox/cases.mts';
import type { Sandbox } from '../../../sandbox/index.mts';
import { asking, items, textResult } from '../../asking.mts';

let sandbox: Sandbox;
withSandbox((given) => (sandbox = given), { retryDelaysMs: [] });

const { ask, hold, failCalls } = asking(() => sandbox);

test.each([
	['a plain text', { whole: { content: [{ type: 'text', text: 'step 1\nstep 2' }] } }, 'step 1\nstep 2'],
	['a field of an object', { form: 'json-text', data: { success: true, logs: 'step 1' } }, 'step 1'],
	['lines in a list', { form: 'structured', data: { logs: ['step 1', { step: 2 }] } }, 'step 1\n{"step":2}'],
	['JSON that is a line of a log itself', textResult('{"time":"10:00","text":"clicked","amount":12.50}'), '{"time":"10:00","text":"clicked","amount":12.50}'],
	['more than one thing that could be it', textResult('{"success":true,"output":{"a":1},"steps":["one"]}'), '{"success":true,"output":{"a":1},"steps":["one"]}'],
	['a resource', { whole: { content: [{ type: 'resource', resource: { uri: 'log:1', text: 'step 1' } }] } }, 'step 1'],
	['JSON in a text in an object', { whole: { content: [], structuredContent: { result: '{"success":true,"logs":"step 1"}' } } }, 'step 1'],
	['an object of another form', { form: 'structured', data: { steps: 2, done: true } }, '{\n  "steps": 2,\n  "done": true\n}'],
	['nothing', { whole: { content: [] } }, ''],
] as const)('the log as text: %s', async (_, result, logs) => {
	failCalls({ result });
	const { items: [{ json }] } = await ask('getLogs', { items: items('m-1') });
	expect(json).toEqual({ messageId: 'm-1', logs });
});

test('the log as a file', async () => {
	hold('m/ü 1', 'completed', { logs: 'Grüße\nstep 2' });
	const { items: [{ json, binary }] } = await ask('getLogs', { items: items('m/ü 1'), parameters: { output: 'file', binaryPropertyName: 'log' } });
	expect(json).toEqual({ messageId: 'm/ü 1' });
	expect(binary?.log).toMatchObject({ fileName: 'm___1.log', mimeType: 'text/plain' });
	expect(Buffer.from(binary?.log.data ?? '', 'base64').toString()).toBe('Grüße\nstep 2');
});
