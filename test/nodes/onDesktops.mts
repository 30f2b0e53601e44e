/** What the tests of the operations on desktops share. */
import type { IDataObject, INodeListSearchResult, INodeParameters } from 'n8n-workflow';
import type { DesktopFault, Sandbox } from '../sandbox/index.mts';
import { Credentials, execute, loadList, type ExecuteOptions, type Execution } from './engine.mts';

export type UseOptions = Partial<Omit<ExecuteOptions, 'parameters'>> & {
	parameters?: INodeParameters;
	options?: INodeParameters;
};

export const CONTINUE = { onError: 'continueRegularOutput' } as const;
export const RETRY = { retryOnFail: true, maxTries: 3, waitBetweenTries: 1 } as const;

/** Uses the node against the desktops of a sandbox. */
export class DesktopUser {
	readonly #sandbox: () => Sandbox;

	constructor(sandbox: () => Sandbox) {
		this.#sandbox = sandbox;
	}

	credentials(more: IDataObject = {}): Credentials {
		const { apiKey, url: baseUrl, desktopUrl } = this.#sandbox();
		return new Credentials({ apiKey, baseUrl, desktopUrl, ...more });
	}

	/** n8n itself refuses a required parameter that is empty: to see what the node says, give an expression that gives nothing. */
	async use(
		resource: string,
		operation: string,
		{ parameters, options, ...rest }: UseOptions = {},
	): Promise<Execution> {
		return await execute({
			credentials: this.credentials(),
			...rest,
			parameters: { resource, operation, ...(options && { options }), ...parameters },
		});
	}

	/** What one of the editor's lists offers, in a form with these parameters. */
	async list(
		method: string,
		parameters: INodeParameters = {},
		filter?: string,
		desktopUrl?: string,
	): Promise<INodeListSearchResult> {
		return await loadList(
			method,
			this.credentials(desktopUrl === undefined ? {} : { desktopUrl }),
			filter,
			parameters,
		);
	}

	/** Requests to the Desktop API, as method and path below the desktops. */
	requests(): string[] {
		return this.#sandbox()
			.state()
			.desktopRequests.map(
				({ method, path }) => `${method} ${path.replace('/desktop/desktops', '')}`,
			);
	}

	/** What was done on desktops, in order. */
	actions() {
		return this.#sandbox()
			.state()
			.desktopActions.map(({ action, params }) => [action, params]);
	}

	/** Of all requests but those for the screen, unless told otherwise. */
	fail(
		fault: DesktopFault,
		times?: number,
		match?: { method?: string; path?: string; action?: string; tool?: string; desktopId?: string },
	): void {
		this.#sandbox().desktopFaults.add({ ...fault, times, match });
	}
}

/** All that an execution leaves behind, as n8n would store it. */
export const stored = ({ run }: Execution): string => JSON.stringify(run);
