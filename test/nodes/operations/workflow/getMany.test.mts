/** Workflow → Get Many. */
import { withSandbox } from '../../../sandbox/cases.mts';
import type { Sandbox } from '../../../sandbox/index.mts';
import { asking } from '../../asking.mts';

let sandbox: Sandbox;
withSandbox((given) => (sandbox = given), { retryDelaysMs: [] });

const { ask, failCalls } = asking(() => sandbox);

test('the workflows, an item for each, as NenAI has them', async () => {
	sandbox.setDefaults({ workflowNames: { 'w-1': 'Book a patient', 'w-2': 'Send a claim' } });
	const { items: found } = await ask('getMany', {}, 'workflow');
	expect(found.map(({ json }) => json)).toEqual([expect.objectContaining({ name: 'Book a patient' }), expect.objectContaining({ name: 'Send a claim' })]);
});

test.each([
	['a list in a text', { content: [{ type: 'text', text: '[{"id":1},{"id":2}]' }] }],
	['an entry in each text', { content: [{ type: 'text', text: '{"id":1}' }, { type: 'text', text: '{"id":2}' }] }],
	['a list under another name', { content: [{ type: 'text', text: '{"success":true,"items":[{"id":1},{"id":2}]}' }] }],
	['a list that was put into an object', { content: [], structuredContent: { result: [{ id: 1 }, { id: 2 }] } }],
])('the list of workflows in a form of its own: %s', async (_, whole) => {
	failCalls({ result: { whole } });
	const { items: found } = await ask('getMany', {}, 'workflow');
	expect(found.map(({ json }) => json)).toEqual([{ id: 1 }, { id: 2 }]);
});
