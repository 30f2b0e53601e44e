/** Knowing, without calling it, whether n8n has registered a webhook. */
import { request } from 'undici';
import { waitFor } from './poll.mts';

/**
 * The HTTP methods for which something is registered at a webhook URL (production or test); none when
 * nothing is. n8n answers OPTIONS with them, runs nothing, and logs nothing. It needs the Origin header for it.
 *
 * @throws whatever undici throws when nothing listens there
 */
export async function registeredMethods(url: string): Promise<string[]> {
	const { headers, body } = await request(url, {
		method: 'OPTIONS',
		headers: { origin: 'http://127.0.0.1' },
		reset: true,
	});
	await body.dump();
	const methods = [headers['access-control-allow-methods'] ?? []].flat().join(',').split(',');
	return methods
		.map((method) => method.trim())
		.filter((method) => !['', 'OPTIONS'].includes(method));
}

/**
 * Waits until n8n has registered a webhook.
 *
 * @throws Error after `timeoutMs`
 */
export async function waitForWebhook(
	url: string,
	method = 'POST',
	timeoutMs = 30_000,
): Promise<void> {
	await waitFor(
		`n8n to register ${method} ${url}`,
		async () => (await registeredMethods(url)).includes(method) || undefined,
		{ timeoutMs },
	);
}

/**
 * Waits until n8n has nothing registered for this method and URL any more.
 *
 * @throws Error after `timeoutMs`
 */
export async function waitForNoWebhook(
	url: string,
	method = 'POST',
	timeoutMs = 30_000,
): Promise<void> {
	await waitFor(
		`n8n to take down ${method} ${url}`,
		async () => !(await registeredMethods(url)).includes(method) || undefined,
		{ timeoutMs },
	);
}
