/** Test cases with a local NenAI. */
import { startSandbox, type Sandbox, type SandboxOptions } from './server.mts';

/** Gives the cases of this file a sandbox, to which each comes as to a new one. It is closed after the last. */
export function withSandbox(
	use: (sandbox: Sandbox) => void,
	options: SandboxOptions | (() => Promise<Sandbox>) = {},
): void {
	let sandbox: Sandbox;
	beforeAll(async () => {
		sandbox = await (typeof options === 'function' ? options() : startSandbox(options));
		use(sandbox);
	});
	beforeEach(() => sandbox.reset());
	afterAll(() => sandbox.close());
}

/** How long a test waits for an answer that is not to come, in milliseconds: long enough for a busy machine to have taken the request. */
export const UNANSWERED = 1000;
