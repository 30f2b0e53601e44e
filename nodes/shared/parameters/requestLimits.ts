import type { RequestLimits } from '../transport/http/connection';
import { credentialProblem, type UrlField, type NenAiCredential } from '../transport/credential';
import { InvalidParameterError } from './invalidParameter';
import type { ParameterReader } from './parameterReader';

/** Reads the limits of a request from the options Max Tries and Timeout. */
export function readRequestLimits(parameters: ParameterReader): RequestLimits {
	return {
		maxTries: parameters.positiveInteger('options.maxTries'),
		timeout: parameters.number('options.timeout'),
	};
}

/** Throws InvalidParameterError if nothing can be sent to this address with the credential. */
export function checkCredential(credential: NenAiCredential, field: UrlField) {
	const problem = credentialProblem(credential, field);
	if (problem !== undefined) throw new InvalidParameterError(problem);
}
