import type { ICredentialDataDecryptedObject } from 'n8n-workflow';

import { toUrl, withoutEnd } from './words';

export const CREDENTIAL_TYPE = 'nenAiApi';

/** The credential's fields as the nodes use them: spaces trimmed, empty where the user left them empty. */
export interface NenAiCredential {
	apiKey: string;
	/** Without trailing slashes. */
	baseUrl: string;
	/** The secrets that a callback may be signed with: the current one and the one before it. */
	webhookSecrets: string[];
	defaultCallbackUrl: string;
	/** Where NenAI's MCP server is, as it was entered: a slash at its end may matter. */
	mcpUrl: string;
	/** Empty, or which deployment is meant, for a key that has several. */
	deploymentId: string;
	/** Where the Desktop API is; without trailing slashes. */
	desktopUrl: string;
}

/** What the credential's addresses are unless somebody changes them. */
export const USUAL_ADDRESSES = {
	baseUrl: 'https://api.getnen.ai',
	mcpUrl: 'https://mcp.getnen.ai/v1',
	desktopUrl: 'https://desktop.api.getnen.ai',
};

/** A field of the credential that holds the address of one of NenAI's services. */
export type Address = keyof typeof USUAL_ADDRESSES;

/** Reads what n8n decrypted. Fields that are missing (saved before they existed) have their default. */
export function readCredential(data: ICredentialDataDecryptedObject): NenAiCredential {
	const text = (field: string) => (typeof data[field] === 'string' ? data[field].trim() : '');
	const address = (field: keyof typeof USUAL_ADDRESSES) => (field in data ? text(field) : USUAL_ADDRESSES[field]);
	const folder = (field: keyof typeof USUAL_ADDRESSES) => withoutEnd(address(field), '/');
	return {
		apiKey: text('apiKey'),
		baseUrl: folder('baseUrl'),
		webhookSecrets: [text('webhookSecret'), text('previousWebhookSecret')].filter((secret) => secret !== ''),
		defaultCallbackUrl: text('defaultCallbackUrl'),
		mcpUrl: address('mcpUrl'),
		deploymentId: text('deploymentId'),
		desktopUrl: folder('desktopUrl'),
	};
}

/**
 * What is wrong with an address of NenAI's, in words that follow "The base URL"; undefined if nothing is. Never quotes
 * it: somebody may have pasted the key into it.
 */
export function problemOfAddress(address: string): string | undefined {
	if (address === '') return 'is empty';
	if (!isHttpUrl(address)) return 'is not an http(s) URL';
	const { username, password } = new URL(address);
	if (username !== '' || password !== '') return 'has a user name or a password in it';
	if (/[?#]/.test(address)) return 'has a "?" or a "#" in it';
	return undefined;
}

/** Whether the text is an absolute http or https URL. */
export function isHttpUrl(text: string): boolean {
	return /^https?:\/\/\S+$/i.test(text) && toUrl(text) !== undefined;
}
