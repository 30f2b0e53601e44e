import type { ICredentialDataDecryptedObject } from 'n8n-workflow';

import type { RequestInfo } from '../failures/explain';
import type { Failure } from '../failures/failure';
import { lengthToFind } from '../failures/redact';
import { toUrl, withoutEnd } from '../failures/phrases';
import { own, say } from '../failures/text';

export const CREDENTIAL_TYPE = 'nenAiApi';

/** The credential's fields as the nodes use them. Spaces are trimmed; a field that the user left empty is empty. */
export interface NenAiCredential {
	apiKey: string;
	/** Without trailing slashes. */
	baseUrl: string;
	/** The secrets that may have signed a callback: the current one and the previous one. */
	webhookSecrets: string[];
	defaultCallbackUrl: string;
	/** The address of NenAI's MCP server, as entered: a slash at its end may matter. */
	mcpUrl: string;
	/** The deployment, for a key that has several; otherwise empty. */
	deploymentId: string;
	/**
	 * The address of the Desktop API, without trailing slashes. NenAI's pages differ about it:
	 * docs/internals/nenai-api.md#the-desktop-api
	 */
	desktopUrl: string;
}

/** The addresses of the services, unless somebody changes them. */
export const DEFAULT_URLS = {
	baseUrl: 'https://api.getnen.ai',
	mcpUrl: 'https://mcp.getnen.ai/v1',
	desktopUrl: 'https://desktop.api.getnen.ai',
};

/** A field of the credential with the address of a service of NenAI. */
export type UrlField = keyof typeof DEFAULT_URLS;

/** The labels of the addresses in the form. */
export const URL_LABELS: Record<UrlField, string> = {
	baseUrl: 'base URL',
	mcpUrl: 'MCP URL',
	desktopUrl: 'desktop URL',
};

/** How errors describe an address. */
export function addressOf(credential: NenAiCredential, field: UrlField): RequestInfo['address'] {
	const name = own(`the ${URL_LABELS[field]} of the credential`);
	return {
		name,
		url: credential[field],
		check: say`Check ${name}. It is usually ${own(DEFAULT_URLS[field])}.`,
	};
}

/** The secrets of a credential. No error may contain them. */
export function secretsOf({ apiKey, webhookSecrets }: NenAiCredential): string[] {
	return [apiKey, ...webhookSecrets];
}

/** Reads the fields that n8n decrypted. A missing field (saved before it existed) has its default. */
export function readCredential(data: ICredentialDataDecryptedObject): NenAiCredential {
	// An expression may give a number, for example for a deployment.
	const text = (field: string) =>
		['string', 'number'].includes(typeof data[field]) ? String(data[field]).trim() : '';
	const address = (field: keyof typeof DEFAULT_URLS) =>
		field in data ? text(field) : DEFAULT_URLS[field];
	const folder = (field: keyof typeof DEFAULT_URLS) => withoutEnd(address(field), '/');
	return {
		apiKey: text('apiKey'),
		baseUrl: folder('baseUrl'),
		webhookSecrets: [text('webhookSecret'), text('previousWebhookSecret')].filter(
			(secret) => secret !== '',
		),
		defaultCallbackUrl: text('defaultCallbackUrl'),
		mcpUrl: address('mcpUrl'),
		deploymentId: text('deploymentId'),
		desktopUrl: folder('desktopUrl'),
	};
}

/** A shorter key could not be removed from errors and outputs, because it would also match ordinary words. */
const MIN_KEY_CHARACTERS = 8;

const COPY_AGAIN = say`Copy the whole key again, in one line, or ask your NenAI contact for a new one.`;

/** Why nothing can be sent with this API key; undefined if it can be used. Never quotes the key. */
export function apiKeyProblem(apiKey: string): Failure | undefined {
	if (apiKey === '')
		return {
			message: say`The API Key of the credential is empty, or is not text`,
			hint: say`Enter the key that your NenAI contact gave you.`,
		};
	if (/[\r\n]/.test(apiKey))
		return { message: say`The API Key of the credential has a line break in it`, hint: COPY_AGAIN };
	if (/\p{Cc}/u.test(apiKey))
		return {
			message: say`The API Key of the credential has a control character in it, such as a tab`,
			hint: COPY_AGAIN,
		};
	if (/[^ -~]/.test(apiKey))
		return {
			message: say`The API Key of the credential has a character in it that cannot be sent: only letters without accents, digits and common symbols are allowed`,
			hint: COPY_AGAIN,
		};
	if (lengthToFind(apiKey) >= MIN_KEY_CHARACTERS) return undefined;
	return {
		message: say`The API Key of the credential is shorter than ${MIN_KEY_CHARACTERS} characters: this package could not hide it in errors and outputs without also changing ordinary words`,
		hint: say`Copy the whole key again. If it is complete, ask your NenAI contact for a longer one.`,
	};
}

/**
 * What is wrong with an address, as words that follow "The base URL"; undefined if nothing is wrong. Never quotes the
 * address, because somebody may have pasted the key into it.
 */
export function urlProblem(address: string): string | undefined {
	if (address === '') return 'is empty';
	if (!isHttpUrl(address)) return 'is not an http(s) URL';
	const { username, password } = new URL(address);
	if (username !== '' || password !== '') return 'has a user name or a password in it';
	if (/[?#]/.test(address)) return 'has a "?" or a "#" in it';
	return undefined;
}

/** Why nothing can be sent to this address with the credential; undefined if it can be used. */
export function credentialProblem(
	credential: NenAiCredential,
	field: UrlField,
): Failure | undefined {
	const problem = urlProblem(credential[field]);
	return (
		apiKeyProblem(credential.apiKey) ??
		(problem === undefined
			? undefined
			: {
					message: say`The ${URL_LABELS[field]} of the credential ${problem}`,
					hint: say`It is usually ${own(DEFAULT_URLS[field])}.`,
				})
	);
}

/** Whether the text is an absolute http or https URL. */
export function isHttpUrl(text: string): boolean {
	return /^https?:\/\/\S+$/i.test(text) && toUrl(text) !== undefined;
}
