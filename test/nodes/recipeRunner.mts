/** Runs operations as their recipes say, against a sandbox: what the tables over all operations share. */
import type { IDataObject, INodeParameters } from 'n8n-workflow';
import { errorAnswer, type DesktopFault, type Fault, type Sandbox } from '../sandbox/index.mts';
import { fileOf } from './desktopFiles.mts';
import { Credentials, execute, type ExecuteOptions, type Execution } from './engine.mts';
import { named, RECIPES } from './recipes.mts';

/** The settings of a node for which n8n goes on after an error. */
export const CONTINUE = { onError: 'continueRegularOutput' } as const;
export const ERROR_OUTPUT = { onError: 'continueErrorOutput' } as const;

/** `lost`: NenAI does what the request asks for, but its answer does not arrive. A number is the status of an error. */
export type Mishap = 'rejected' | 'lost' | number;

/** How an item ends. */
export type Ending = 'done' | 'unknown' | 'rejected';

/** An input item with whatever an operation may ask for. */
export interface RecipeItem extends IDataObject {
	name: string;
	workflow: string;
	run: string;
	desktop: string;
	link: string;
	/** The item cannot be sent: its credential has no address. (So a link to this machine must not be followed, either.) */
	bad?: boolean;
	/** Its credential has a wrong API key. */
	wrongKey?: boolean;
}

/** What only one of the items has, and so tells from which one an output comes. */
export const marksOf = ({ name, workflow, run, desktop }: RecipeItem) => [
	name,
	workflow,
	run,
	desktop,
];

const REJECTION = { status: 400, body: { error: 'Not this one' } };

const runFault = (mishap: Mishap): Fault =>
	mishap === 'lost'
		? { connection: 'drop-after-accept' }
		: { refuse: mishap === 'rejected' ? REJECTION : errorAnswer(mishap, 'json') };

const desktopFault = (mishap: Mishap): DesktopFault =>
	mishap === 'lost'
		? { connection: 'drop-after-acting' }
		: { refuse: mishap === 'rejected' ? REJECTION : errorAnswer(mishap, 'json') };

export class RecipeRunner {
	readonly path: string;

	readonly #sandbox: () => Sandbox;

	constructor(path: string, sandbox: () => Sandbox) {
		this.path = path;
		this.#sandbox = sandbox;
	}

	/** Empties the sandbox and puts into it what the items name. */
	provision(count: number): RecipeItem[] {
		const sandbox = this.#sandbox();
		sandbox.reset();
		return Array.from({ length: count }, (_, n) => {
			const name = `item-${n}`;
			const workflow = `${String(n).repeat(8)}-1234-1234-1234-123456789abc`;
			const run = `run-of-${name}`;
			const desktop = sandbox.desktops.add({ name, toolLogs: [{ action: name }] });
			sandbox.desktops.openSession(desktop);
			sandbox.desktops.addFile(desktop, { name: 'there.txt', text: name });
			sandbox.desktops.addFile(desktop, { name: `of-${name}.txt`, text: name });
			sandbox.runs.set(run, { status: 'completed', workflowId: workflow, logs: name });
			const link = sandbox.files.url(sandbox.files.add({ name: `${name}.txt`, text: name }));
			return { name, workflow, run, desktop, link };
		});
	}

	credentials(): Credentials {
		const { apiKey, url, mcpUrl, desktopUrl, webhookSecret } = this.#sandbox();
		const address = (whole: string) => `={{ $json.bad ? '' : '${whole}' }}`;
		return new Credentials({
			apiKey: `={{ $json.wrongKey ? 'test-key-that-is-wrong' : '${apiKey}' }}`,
			baseUrl: address(url),
			mcpUrl: address(mcpUrl),
			desktopUrl: address(desktopUrl),
			webhookSecret,
		});
	}

	async run(items: RecipeItem[], more: Partial<ExecuteOptions> = {}): Promise<Execution> {
		return await execute({
			credentials: this.credentials(),
			items,
			binaries: items.map(({ name }) => fileOf(name)),
			...more,
			parameters: this.parameters(more.parameters),
		});
	}

	parameters(more?: INodeParameters): INodeParameters {
		return { ...named(this.path), ...RECIPES[this.path].parameters, ...more };
	}

	/**
	 * The next `times` requests of an item end so; all of them where it is left out. If nothing in a request says for
	 * which item it is, these are the next requests of any item.
	 */
	fail(item: RecipeItem, mishap: Mishap, times?: number): void {
		const { address, method, parameters, kind } = RECIPES[this.path];
		const { faults, mcpFaults, desktopFaults, files } = this.#sandbox();
		if (address === 'desktopUrl') {
			const { desktopId } = { desktopId: parameters.desktopId && item.desktop };
			const match = { ...(method && { method }), ...(desktopId && { desktopId: item.desktop }) };
			desktopFaults.add({
				...desktopFault(mishap),
				times,
				...(Object.keys(match).length > 0 && { match }),
			});
		} else if (address === 'mcpUrl') {
			const match = { method: 'tools/call', ...(parameters.messageId && { messageId: item.run }) };
			if (mishap === 'lost') mcpFaults.add({ match, times, connection: 'drop' });
			else if (mishap === 'rejected')
				mcpFaults.add({ match, times, result: { isError: 'Not this one' } });
			else mcpFaults.add({ match, times, refuse: errorAnswer(mishap, 'json') });
		} else if (kind === 'mutation')
			faults.add({ ...runFault(mishap), times, match: { param: 'NAME', equals: item.name } });
		else {
			const fault =
				mishap === 'lost' ? { cutAfterBytes: 1 } : { status: mishap === 'rejected' ? 404 : mishap };
			const { name } = item;
			item.link = files.url(
				files.add({ name: `${name}.txt`, text: name, fault: { ...fault, times } }),
			);
		}
	}

	/** The next request of each item ends so. Queries that do not say for which item they are get a wrong key in place of a rejection. */
	decide(items: RecipeItem[], endings: Ending[]): void {
		const { kind } = RECIPES[this.path];
		items.forEach((item, index) => {
			const ending = endings[index];
			if (ending === 'done') this.#passOnce();
			else if (ending === 'rejected' && kind === 'query' && !this.#namesItem())
				item.wrongKey = true;
			else this.fail(item, ending === 'unknown' ? 'lost' : 'rejected', 1);
		});
	}

	/** How often something was asked for; of what does something, how often that was. */
	sent(): number {
		const { address, method } = RECIPES[this.path];
		const { requests, mcpRequests, desktopRequests } = this.#sandbox().state();
		if (address === 'baseUrl') return requests.length;
		if (address === 'mcpUrl')
			return mcpRequests.filter(({ rpcMethod }) => rpcMethod === 'tools/call').length;
		return desktopRequests.filter((request) => method === undefined || request.method === method)
			.length;
	}

	/** Whether its requests say for which item they are. */
	#namesItem(): boolean {
		const { address, parameters } = RECIPES[this.path];
		return address === 'baseUrl' || 'messageId' in parameters || 'desktopId' in parameters;
	}

	/** Where faults go by the order of the requests, one of them has none. */
	#passOnce(): void {
		const { kind, method } = RECIPES[this.path];
		if (kind === 'mutation' && !this.#namesItem())
			this.#sandbox().desktopFaults.add({ match: { method }, times: 1, latencyMs: 0 });
	}
}
