/** Test cases on a stage: each with a fresh NenAI, and with the files kept when one fails. */
import type { Sandbox } from '../sandbox/index.mts';

export interface Scene {
	sandbox: Sandbox;
	/** Stops everything, and removes its files unless they are to be kept. */
	close(options: { keepFiles: boolean }): Promise<void>;
}

/** Declares a case, given the stage. The sandbox takes every workflow ID, and has forgotten what was before. */
export type On<S extends Scene> = (what: string, run: (stage: S) => Promise<void>) => void;

/** Opens the stage before the cases of the block that this is called in, and closes it after them. */
export function casesOn<S extends Scene>(open: () => Promise<S>): On<S> {
	let stage: S | undefined;
	let failed = false;

	beforeAll(async () => {
		stage = await open();
	});

	afterAll(async () => {
		await stage?.close({ keepFiles: failed });
	});

	return (what, run) =>
		test(what, async () => {
			if (stage === undefined) throw new Error('The stage was not opened');
			stage.sandbox.reset();
			stage.sandbox.setDefaults({ workflows: null });
			try {
				await run(stage);
			} catch (error) {
				failed = true;
				throw error;
			}
		});
}
