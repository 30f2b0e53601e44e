/** Test cases in an environment: each with a fresh NenAI, and with the files kept when one fails. */
import type { Sandbox } from '../sandbox/index.mts';

export interface Closable {
	sandbox: Sandbox;
	/** Stops everything, and removes its files unless they are to be kept. */
	close(options: { keepFiles: boolean }): Promise<void>;
}

/** Declares a case, given the environment. The sandbox takes every workflow ID, and has forgotten what was before. */
export type It<S extends Closable> = (what: string, run: (environment: S) => Promise<void>) => void;

/** Starts the environment before the cases of the block that this is called in, and closes it after them. */
export function withEnvironment<S extends Closable>(open: () => Promise<S>): It<S> {
	let environment: S | undefined;
	let failed = false;

	beforeAll(async () => {
		environment = await open();
	});

	afterAll(async () => {
		await environment?.close({ keepFiles: failed });
	});

	return (what, run) =>
		test(what, async () => {
			if (environment === undefined) throw new Error('The environment was not started');
			environment.sandbox.reset();
			environment.sandbox.setDefaults({ workflows: null });
			try {
				await run(environment);
			} catch (error) {
				failed = true;
				throw error;
			}
		});
}
