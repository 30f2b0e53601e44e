import type {
	ILoadOptionsFunctions,
	INodeListSearchItems,
	INodeListSearchResult,
} from 'n8n-workflow';

import { connect, type Connection } from '../transport/http/connection';
import {
	CREDENTIAL_TYPE,
	credentialProblem,
	secretsOf,
	type UrlField,
} from '../transport/credential';
import { Desktops } from '../transport/desktop/desktops';
import { inOneText, STOPPED, toNodeError } from '../failures/failure';
import { NO_SECRETS, Redactor } from '../failures/redact';
import { say, type Text } from '../failures/text';
import { retry, type Attempt } from '../execution/retry';

/** The limits of a list. Somebody is waiting for it, so pauses longer than MAX_PAUSE_MS (milliseconds) are not made. */
const LIMITS = { maxTries: 2, timeout: 15 };
const MAX_PAUSE_MS = 3000;

/**
 * Loads the entries of a list in the editor. Throws an error whose message contains everything, because the editor
 * shows only the message.
 *
 * @param address the field of the credential with the address of the service
 */
export async function load<T>(
	editor: ILoadOptionsFunctions,
	address: UrlField,
	ask: (connection: Connection) => Promise<Attempt<T>>,
): Promise<T> {
	const connection = connect(await editor.getCredentials(CREDENTIAL_TYPE), LIMITS);
	const redactor = new Redactor(secretsOf(connection.credential), 'hidden');
	const problem = credentialProblem(connection.credential, address);
	if (problem !== undefined) throw listError(editor, inOneText(problem));
	const outcome = await retry(async () => forSomebodyWaiting(await ask(connection)), LIMITS);
	if (outcome.kind === 'done') return outcome.value;
	const failure = outcome.kind === 'failed' ? outcome.failure : STOPPED;
	throw listError(editor, inOneText(failure), redactor);
}

/** An error that the editor shows instead of a list. */
export function listError(
	editor: ILoadOptionsFunctions,
	message: Text,
	redactor = NO_SECRETS,
): Error {
	return toNodeError(editor.getNode(), { message: message.write(redactor), hint: '' });
}

/** Replaces the hint: hints of operations name options that a list does not have. */
function forSomebodyWaiting<T>(attempt: Attempt<T>): Attempt<T> {
	if (attempt.kind !== 'retry') return attempt;
	const failure = {
		...attempt.failure,
		hint: say`Check the addresses in the credential and the internet connection of n8n, or try again in a moment. You can also enter the value without the list.`,
	};
	return (attempt.after ?? 0) > MAX_PAUSE_MS
		? { kind: 'failed', failure }
		: { ...attempt, failure };
}

/** The same from the Desktop API. */
export async function loadFromDesktops<T>(
	editor: ILoadOptionsFunctions,
	ask: (desktops: Desktops) => Promise<Attempt<T>>,
): Promise<T> {
	return await load(
		editor,
		'desktopUrl',
		async (connection) => await ask(new Desktops(editor, connection)),
	);
}

/**
 * @param filter the user's search text. It is compared with names and IDs, in any case of letters and any form of
 * Unicode
 */
export function toResult(items: INodeListSearchItems[], filter = ''): INodeListSearchResult {
	const wanted = plain(filter);
	const found = items.filter(({ name, value }) => plain(`${name}\n${value}`).includes(wanted));
	return { results: found.sort((a, b) => (plain(a.name) < plain(b.name) ? -1 : 1)) };
}

/** A name in the form in which names are compared: names that look the same are equal. */
export function plain(name: string): string {
	return name.normalize('NFC').trim().toLowerCase().normalize('NFC');
}
