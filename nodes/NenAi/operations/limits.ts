import type { Limits } from '../transport/connection';
import { problemOfAddress, problemOfKey, USUAL_ADDRESSES, type Address, type NenAiCredential } from '../transport/credential';
import { badInput } from './badInput';
import type { Parameters } from './parameters';

/** Reads what the user has set for each request, from the options of these names. */
export function readLimits(parameters: Parameters): Limits {
	return { maxTries: parameters.count('options.maxTries'), timeout: parameters.number('options.timeout') };
}

const LABELS: Record<Address, string> = { baseUrl: 'base URL', mcpUrl: 'MCP URL', desktopUrl: 'desktop URL' };

/** Throws BadInput for a credential with which nothing can be sent to this address of NenAI's. */
export function checkAddress(credential: NenAiCredential, field: Address) {
	const keyProblem = problemOfKey(credential.apiKey);
	if (keyProblem !== undefined) throw badInput(keyProblem.message, keyProblem.hint);
	const problem = problemOfAddress(credential[field]);
	if (problem !== undefined) throw badInput(`The ${LABELS[field]} of the credential ${problem}`, `It is usually ${USUAL_ADDRESSES[field]}.`);
}
