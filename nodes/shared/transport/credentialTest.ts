import type {
	ICredentialsDecrypted,
	ICredentialTestFunctions,
	INodeCredentialTestResult,
} from 'n8n-workflow';

import {
	classifyResponse,
	explainException,
	explainResponse,
	failureIn,
	type RequestInfo,
	type UnexpectedResponse,
} from '../failures/explain';
import { readErrorText } from '../failures/excerpt';
import { writeFailure, type Failure } from '../failures/failure';
import { NO_SECRETS, Redactor } from '../failures/redact';
import { say } from '../failures/text';
import {
	addressOf,
	credentialProblem,
	readCredential,
	secretsOf,
	type NenAiCredential,
} from './credential';
import { parseJson } from './exactJson';

const TIMEOUT_SECONDS = 10;

/** How errors describe the test. */
const infoOf = (credential: NenAiCredential): RequestInfo => ({
	policy: 'query',
	server: 'NenAI',
	label: say`the test`,
	address: addressOf(credential, 'baseUrl'),
	keyHint: say`Copy the whole key again, without spaces, or ask your NenAI contact for a new one.`,
	busyHint: LATER,
	againHint: LATER,
	maxTries: 1,
	timeout: TIMEOUT_SECONDS,
});

const LATER = say`The key was not checked. Try again in a few minutes.`;

/**
 * The credential's test. An empty request starts no run: an API that knows the key refuses it with 400, otherwise with
 * 401 or 403. This is a function, because n8n's declarative test cannot distinguish these before n8n 2:
 * docs/internals/n8n-behaviour.md#credential-test
 */
export async function testCredential(
	this: ICredentialTestFunctions,
	credential: ICredentialsDecrypted,
): Promise<INodeCredentialTestResult> {
	const read = readCredential(credential.data ?? {});
	const { apiKey, baseUrl } = read;
	const problem = credentialProblem(read, 'baseUrl');
	if (problem !== undefined) return bad(problem, read);
	const info = infoOf(read);
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
			timeout: TIMEOUT_SECONDS * 1000,
		})) as { statusCode: number; headers: UnexpectedResponse['headers']; body: unknown };
		if (statusCode === 400 && isErrorOfNenAi(body))
			return { status: 'OK', message: 'NenAI accepted this API key. Nothing was started.' };
		return bad(explain(info, { status: statusCode, headers, body }), read);
	} catch (error) {
		return bad(failureIn(explainException(info, error)), read);
	}
}

/** An API that knows the key would have answered 400. */
function explain(info: RequestInfo, response: UnexpectedResponse): Failure {
	if (classifyResponse(info, response) === 'refused')
		return {
			message: say`The server at the base URL answers, but it does not answer like the NenAI API (HTTP ${response.status})`,
			hint: info.address.check,
		};
	return failureIn(explainResponse(info, response));
}

/** Any server may answer 400. NenAI's answer has a JSON body with a reason. */
function isErrorOfNenAi(body: unknown): boolean {
	const parsed = parseJson(body);
	return typeof parsed === 'object' && parsed !== null && readErrorText(parsed, NO_SECRETS) !== '';
}

function bad(failure: Failure, credential: NenAiCredential): INodeCredentialTestResult {
	const { message, hint } = writeFailure(failure, new Redactor(secretsOf(credential)));
	return { status: 'Error', message: `${message}. ${hint}` };
}
