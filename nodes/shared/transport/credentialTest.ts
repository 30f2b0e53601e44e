import type {
	ICredentialsDecrypted,
	ICredentialTestFunctions,
	INodeCredentialTestResult,
} from 'n8n-workflow';

import {
	isFromIntermediary,
	classifyStatus,
	classifyNetworkError,
	parseJson,
	readErrorText,
	type StatusClass,
} from './http/classify';
import { urlProblem, apiKeyProblem, readCredential } from './credential';

const NOT_THE_API =
	'The base URL answers, but not as the NenAI API does. It is usually https://api.getnen.ai.';
const TRY_LATER =
	'NenAI has a problem just now, so the key was not checked. Try again in a few minutes.';

const FROM_BETWEEN =
	'Something between this n8n and NenAI answers, such as a proxy or a firewall, so the key was not checked. Ask whoever runs your network to let this n8n through to the base URL.';

const MESSAGES: Record<StatusClass, string> = {
	accepted: NOT_THE_API,
	refused: NOT_THE_API,
	unauthorized:
		'NenAI does not accept this API key. Copy it again, whole and without spaces, or ask your NenAI contact for a new one.',
	redirected:
		'The base URL answers with a redirect. Enter the address that it leads to; it is usually https://api.getnen.ai.',
	busy: TRY_LATER,
	unknown: TRY_LATER,
};

/**
 * The credential's test. An empty request starts no run: an API that knows the key refuses it with 400,
 * another with 401 or 403. A function, since n8n's declarative test cannot tell these apart before n8n 2.
 */
export async function testCredential(
	this: ICredentialTestFunctions,
	credential: ICredentialsDecrypted,
): Promise<INodeCredentialTestResult> {
	const { apiKey, baseUrl } = readCredential(credential.data ?? {});
	const keyProblem = apiKeyProblem(apiKey);
	if (keyProblem !== undefined) return bad(`${keyProblem.message}. ${keyProblem.hint}`);
	const problem = urlProblem(baseUrl);
	if (problem !== undefined)
		return bad(`The base URL ${problem}. It is usually https://api.getnen.ai.`);
	// The only request helper that n8n gives to a credential test.
	const { request } = this.helpers;
	try {
		const { statusCode, headers, body } = (await request({
			method: 'POST',
			uri: `${baseUrl}/runs`,
			headers: { 'x-api-key': apiKey, 'content-type': 'application/json' },
			body: '{}',
			followRedirect: false,
			simple: false,
			resolveWithFullResponse: true,
			timeout: 10_000,
		})) as { statusCode: number; headers: Record<string, unknown>; body: unknown };
		if (statusCode === 400 && isErrorOfNenAi(body))
			return { status: 'OK', message: 'NenAI knows this API key. Nothing was started.' };
		return bad(
			`${isFromIntermediary(statusCode, headers['content-type']) ? FROM_BETWEEN : MESSAGES[classifyStatus(statusCode)]} (HTTP ${statusCode})`,
		);
	} catch (error) {
		return bad(
			`NenAI could not be reached: ${classifyNetworkError(error).reason}. Check the base URL, and that this n8n may connect to it.`,
		);
	}
}

/** Any server may answer 400; NenAI's has a JSON body that says why. */
function isErrorOfNenAi(body: unknown): boolean {
	const parsed = parseJson(body);
	return typeof parsed === 'object' && parsed !== null && readErrorText(parsed) !== '';
}

function bad(message: string): INodeCredentialTestResult {
	return { status: 'Error', message };
}
