import type { IExecuteFunctions } from 'n8n-workflow';

import { CREDENTIAL_TYPE, readCredential } from '../../../shared/transport/credential';
import { isLinkLocal, isLoopback } from '../../../shared/transport/http/hosts';
import { toUrl } from '../../../shared/failures/phrases';

/**
 * Guards what only this machine and its network can reach, such as where clouds keep a machine's credentials: a link in
 * a callback must not bring that out. Where the API itself is there (a test setup), its links may be, too.
 */
export class LocalHosts {
	private readonly context: IExecuteFunctions;

	/** By item, since the credential of each may be another. */
	private readonly apiHosts = new Map<number, Promise<string>>();

	constructor(context: IExecuteFunctions) {
		this.context = context;
	}

	/** @param hostname as the class URL gives it */
	async mayAsk(hostname: string, itemIndex: number): Promise<boolean> {
		if (isLoopback(hostname)) return isLoopback(await this.readApiHost(itemIndex));
		if (isLinkLocal(hostname)) return hostname === (await this.readApiHost(itemIndex));
		return true;
	}

	/** Read once, and only where it matters: links elsewhere need no credential. Empty where there is none. */
	private async readApiHost(itemIndex: number): Promise<string> {
		const apiHost =
			this.apiHosts.get(itemIndex) ??
			this.context.getCredentials(CREDENTIAL_TYPE, itemIndex).then(
				(data) => {
					const { baseUrl } = readCredential(data);
					return toUrl(baseUrl)?.hostname ?? '';
				},
				() => '',
			);
		this.apiHosts.set(itemIndex, apiHost);
		return await apiHost;
	}
}
