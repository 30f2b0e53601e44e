import { isLinkLocal, isLoopback } from '../../../shared/transport/http/hosts';
import { toUrl } from '../../../shared/failures/phrases';

/**
 * Whether a link may lead to a host. A link in a callback must not read addresses that only this machine or its network
 * can reach, such as the server with a cloud machine's credentials. If the API itself is there (a test setup), its
 * links may lead there, too.
 *
 * @param hostname as the class URL gives it
 * @param baseUrl the address of the API
 */
export function isReachable(hostname: string, baseUrl: string): boolean {
	const apiHost = toUrl(baseUrl)?.hostname ?? '';
	if (isLoopback(hostname)) return isLoopback(apiHost);
	return isLinkLocal(hostname) ? hostname === apiHost : true;
}
