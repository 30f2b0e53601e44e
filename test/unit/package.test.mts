/** What n8n demands of the package, and what saved workflows depend on. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { NenAiApi } from '../../credentials/NenAiApi.credentials';
import { NenAi } from '../../nodes/NenAi/NenAi.node';
import { NenAiTrigger } from '../../nodes/NenAi/NenAiTrigger.node';

const root = join(__dirname, '../..');
const packageJson = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

test('has no runtime dependency and one peer', () => {
	expect(packageJson.dependencies).toBeUndefined();
	expect(packageJson.peerDependencies).toEqual({ 'n8n-workflow': '*' });
});

test.each([...packageJson.n8n.nodes, ...packageJson.n8n.credentials])('%s has a source', (file: string) => {
	expect(existsSync(join(root, file.replace('dist/', '').replace(/js$/, 'ts')))).toBe(true);
});

test('names and defaults of the credential', () => {
	const { name, properties } = new NenAiApi();
	expect(name).toBe('nenAiApi');
	expect(properties.map((p) => [p.name, p.default, p.typeOptions?.password ?? false])).toEqual([
		['apiKey', '', true],
		['baseUrl', 'https://api.getnen.ai', false],
		['webhookSecret', '', true],
		['previousWebhookSecret', '', true],
		['defaultCallbackUrl', '', false],
	]);
});

const optionsOf = (node: NenAi | NenAiTrigger) =>
	node.description.properties.find(({ name }) => name === 'options')?.options?.map((option) => [option.name, 'default' in option && option.default]);

test('names and defaults of the node', () => {
	const { name, version, properties } = new NenAi().description;
	expect([name, version]).toEqual(['nenAi', 1]);
	expect(Object.fromEntries(properties.map((p) => [p.name, p.default]))).toEqual({
		resource: 'run',
		operation: 'start',
		workflowId: '',
		parametersMode: 'fields',
		parameters: {},
		parametersJson: '{}',
		callback: 'default',
		callbackUrl: '',
		options: {},
	});
	expect(optionsOf(new NenAi())).toEqual([['maxConcurrency', 10], ['maxTries', 5], ['timeout', 30]]);
});

test('names and defaults of the trigger', () => {
	const { name, version, properties, webhooks } = new NenAiTrigger().description;
	expect([name, version]).toEqual(['nenAiTrigger', 1]);
	expect(webhooks).toEqual([expect.objectContaining({ name: 'default', httpMethod: 'POST', path: 'webhook' })]);
	expect(properties.find((p) => p.name === 'events')).toMatchObject({ type: 'multiOptions', default: ['success', 'failed'] });
	expect(optionsOf(new NenAiTrigger())).toEqual([['acceptUnsigned', false], ['ignoreDuplicates', true], ['workflowIds', []]]);
});
