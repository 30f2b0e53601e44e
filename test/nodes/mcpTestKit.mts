/** What the tests of the operations that ask NenAI share. */
import type { IDataObject, INodeParameters } from 'n8n-workflow';
import type { McpFault, Sandbox } from '../sandbox/index.mts';
import { Credentials, execute, type ExecuteOptions } from './engine.mts';

export type AskOptions = Partial<Omit<ExecuteOptions, 'parameters'>> & {
	parameters?: INodeParameters;
	options?: INodeParameters;
};

export const CONTINUE = { onError: 'continueRegularOutput' } as const;

/** Input items that each name a run. */
export const items = (...ids: string[]) => ids.map((messageId) => ({ messageId }));

/** The result of a tool, as texts. */
export const textResult = (...texts: string[]) => ({
	whole: { content: texts.map((text) => ({ type: 'text', text })) },
});

/** Asks a sandbox, and knows what it was asked. */
export function mcpTestKit(sandbox: () => Sandbox) {
	const credentials = (more: IDataObject = {}) =>
		new Credentials({
			apiKey: sandbox().apiKey,
			baseUrl: sandbox().url,
			mcpUrl: sandbox().mcpUrl,
			...more,
		});
	const ask = async (
		operation: string,
		{ parameters, options = {}, ...rest }: AskOptions = {},
		resource = 'run',
	) =>
		await execute({
			credentials: credentials(),
			...rest,
			parameters: { resource, operation, options, ...parameters },
		});
	/** From the beginning of the session on: what nobody waits for, such as the end of the one before, may come late. */
	const requests = () => {
		const { mcpRequests } = sandbox().state();
		const begin = mcpRequests.findIndex(({ rpcMethod }) => rpcMethod === 'initialize');
		return begin < 0 ? [] : mcpRequests.slice(begin);
	};
	return {
		credentials,
		ask,
		get: async (options: AskOptions = {}) => await ask('get', options),
		/** NenAI knows a run, and it stays as it is. */
		setRunState: (messageId: string, status = 'running', more: IDataObject = {}) =>
			sandbox().runs.set(messageId, { status, workflowId: 'w-1', ...more }),
		/** The calls of tools. */
		calls: () =>
			sandbox()
				.state()
				.mcpRequests.filter(({ rpcMethod }) => rpcMethod === 'tools/call'),
		requests,
		asked: () => requests().map(({ rpcMethod }) => rpcMethod),
		fail: (fault: McpFault, times?: number) => sandbox().mcpFaults.add({ ...fault, times }),
		failCalls: (fault: McpFault, times?: number) =>
			sandbox().mcpFaults.add({ match: { method: 'tools/call' }, ...fault, times }),
	};
}
