import { isLinkLocal, isLoopback } from '../../../shared/transport/http/hosts';
import { toUrl } from '../../../shared/failures/phrases';

/**
 * Whether a link may lead to a host. What only this machine and its network can reach, such as where clouds keep a
 * machine's credentials, must not come out by a link in a callback. Where the API itself is there (a test setup), its
 * links may be, too.
 *
 * @param hostname as the class URL gives it
 * @param baseUrl the address of the API
 */
export function isReachable(hostname: string, baseUrl: string): boolean {
	const apiHost = toUrl(baseUrl)?.hostname ?? '';
	if (isLoopback(hostname)) return isLoopback(apiHost);
	return isLinkLocal(hostname) ? hostname === apiHost : true;
}
