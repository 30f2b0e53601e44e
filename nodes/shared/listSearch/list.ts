import type {
	ILoadOptionsFunctions,
	INodeListSearchItems,
	INodeListSearchResult,
} from 'n8n-workflow';

import { connect, type Connection } from '../transport/http/connection';
import { CREDENTIAL_TYPE, urlProblem, apiKeyProblem, DEFAULT_URLS } from '../transport/credential';
import { Desktops } from '../transport/desktop/desktops';
import { toError } from '../failures/failure';
import { retry } from '../execution/retry';
import type { Attempt } from '../execution/runJobs';

/** Somebody is looking at the list meanwhile, so longer pauses, in milliseconds, are not sat out. */
const LIMITS = { maxTries: 2, timeout: 15 };
const LONGEST_PAUSE = 3000;

/** Loads what a list in the editor is made of. What it throws is shown in the list, its message alone. */
export async function load<T>(
	editor: ILoadOptionsFunctions,
	ask: (connection: Connection) => Promise<Attempt<T>>,
): Promise<T> {
	const connection = connect(await editor.getCredentials(CREDENTIAL_TYPE), LIMITS);
	const outcome = await retry(
		async () => forSomebodyWaiting(await askWithKey(connection, ask)),
		LIMITS,
	);
	if (outcome.kind === 'done') return outcome.value;
	const { message, hint } =
		outcome.kind === 'failed' ? outcome.failure : { message: 'The list was not loaded', hint: '' };
	throw toError(editor.getNode(), {
		message: `${message}${message.endsWith('.') ? '' : '.'} ${hint}`.trim(),
		hint,
	});
}

async function askWithKey<T>(
	connection: Connection,
	ask: (connection: Connection) => Promise<Attempt<T>>,
): Promise<Attempt<T>> {
	const failure = apiKeyProblem(connection.credential.apiKey);
	return failure === undefined ? await ask(connection) : { kind: 'failed', failure };
}

/** The hints of operations name their options, which a list does not have. */
function forSomebodyWaiting<T>(attempt: Attempt<T>): Attempt<T> {
	if (attempt.kind !== 'retry') return attempt;
	const failure = { ...attempt.failure, hint: 'Try again in a moment, or choose "By ID".' };
	return (attempt.after ?? 0) > LONGEST_PAUSE
		? { kind: 'failed', failure }
		: { ...attempt, failure };
}

/** The same from the Desktop API. */
export async function loadFromDesktops<T>(
	editor: ILoadOptionsFunctions,
	ask: (desktops: Desktops) => Promise<Attempt<T>>,
): Promise<T> {
	return await load(editor, async (connection) => {
		const problem = urlProblem(connection.credential.desktopUrl);
		if (problem !== undefined)
			return {
				kind: 'failed',
				failure: {
					message: `The desktop URL of the credential ${problem}`,
					hint: `It is usually ${DEFAULT_URLS.desktopUrl}.`,
				},
			};
		return await ask(new Desktops(editor, connection));
	});
}

/** @param filter what the user looks for; in names as in IDs, capitals or not, in either form of Unicode */
export function toResult(items: INodeListSearchItems[], filter = ''): INodeListSearchResult {
	const wanted = plain(filter);
	const found = items.filter(({ name, value }) => plain(`${name}\n${value}`).includes(wanted));
	return { results: found.sort((a, b) => (plain(a.name) < plain(b.name) ? -1 : 1)) };
}

/** A name as it is compared: what looks the same is the same. */
export function plain(name: string): string {
	return name.normalize('NFC').trim().toLowerCase().normalize('NFC');
}
