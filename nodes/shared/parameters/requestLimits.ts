import type { RequestLimits } from '../transport/http/connection';
import {
	urlProblem,
	apiKeyProblem,
	DEFAULT_URLS,
	type UrlField,
	type NenAiCredential,
} from '../transport/credential';
import { invalidParameter } from './invalidParameter';
import type { ParameterReader } from './parameterReader';

/** Reads the limits of a request from the options of these names. */
export function readRequestLimits(parameters: ParameterReader): RequestLimits {
	return {
		maxTries: parameters.positiveInteger('options.maxTries'),
		timeout: parameters.number('options.timeout'),
	};
}

const LABELS: Record<UrlField, string> = {
	baseUrl: 'base URL',
	mcpUrl: 'MCP URL',
	desktopUrl: 'desktop URL',
};

/** Throws InvalidParameterError for a credential that cannot be used for requests to this address. */
export function checkCredential(credential: NenAiCredential, field: UrlField) {
	const keyProblem = apiKeyProblem(credential.apiKey);
	if (keyProblem !== undefined) throw invalidParameter(keyProblem.message, keyProblem.hint);
	const problem = urlProblem(credential[field]);
	if (problem !== undefined)
		throw invalidParameter(
			`The ${LABELS[field]} of the credential ${problem}`,
			`It is usually ${DEFAULT_URLS[field]}.`,
		);
}
