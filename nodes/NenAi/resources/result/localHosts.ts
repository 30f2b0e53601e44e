import type { IExecuteFunctions } from 'n8n-workflow';

import { CREDENTIAL_TYPE, readCredential } from '../../../shared/transport/credential';
import { isLinkLocal, isLoopback } from '../../../shared/transport/http/hosts';
import { toUrl } from '../../../shared/failures/phrases';

/**
 * Protects addresses that only this machine and its network can reach, such as those with the credentials of a cloud machine:
 * a link in a callback must not read them. If NenAI's API itself has such an address (in a test setup), links may, too.
 */
export class LocalHosts {
	private readonly context: IExecuteFunctions;

	/** By item, since each item can have another credential. */
	private readonly apiHosts = new Map<number, Promise<string>>();

	constructor(context: IExecuteFunctions) {
		this.context = context;
	}

	/** @param hostname in the form of the class URL */
	async mayAsk(hostname: string, itemIndex: number): Promise<boolean> {
		if (isLoopback(hostname)) return isLoopback(await this.readApiHost(itemIndex));
		if (isLinkLocal(hostname)) return hostname === (await this.readApiHost(itemIndex));
		return true;
	}

	/** Read once, and only if needed: other links need no credential. Empty if there is no credential. */
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
