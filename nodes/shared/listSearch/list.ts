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

const LIMITS = { maxTries: 2, timeout: 15 };

/** A person is waiting for the list, so a try is not repeated after a longer pause than this. */
const MAX_PAUSE_MS = 3000;

/** Loads the entries of a list in the editor. If it throws, the list shows the message of the error, but not its description. */
export async function load<T>(
	editor: ILoadOptionsFunctions,
	ask: (connection: Connection) => Promise<Attempt<T>>,
): Promise<T> {
	const connection = connect(await editor.getCredentials(CREDENTIAL_TYPE), LIMITS);
	const outcome = await retry(async () => adaptToList(await askWithKey(connection, ask)), LIMITS);
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

/** Replaces the hint, since those of operations name options that a list does not have. Does not repeat after a long pause. */
function adaptToList<T>(attempt: Attempt<T>): Attempt<T> {
	if (attempt.kind !== 'retry') return attempt;
	const failure = { ...attempt.failure, hint: 'Try again in a moment, or choose "By ID".' };
	return (attempt.after ?? 0) > MAX_PAUSE_MS
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

/** @param filter the text that the user searches for, in names and IDs, in any case of letters and either form of Unicode */
export function toResult(items: INodeListSearchItems[], filter = ''): INodeListSearchResult {
	const wanted = normalize(filter);
	const found = items.filter(({ name, value }) => normalize(`${name}\n${value}`).includes(wanted));
	return { results: found.sort((a, b) => (normalize(a.name) < normalize(b.name) ? -1 : 1)) };
}

/** A name in the form in which names are compared: equal for names that look the same. */
export function normalize(name: string): string {
	return name.normalize('NFC').trim().toLowerCase().normalize('NFC');
}
