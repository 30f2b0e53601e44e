import type { IDataObject } from 'n8n-workflow';
import type { Sandbox } from '../sandbox/index.mts';
import { Credentials } from './engine.mts';

/** A credential with all addresses of the sandbox and its key. Other fields, such as secrets, are given. */
export function credentialsOf(
	{ apiKey, url: baseUrl, mcpUrl, desktopUrl }: Sandbox,
	more: IDataObject = {},
): Credentials {
	return new Credentials({ apiKey, baseUrl, mcpUrl, desktopUrl, ...more });
}
