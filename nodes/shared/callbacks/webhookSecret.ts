import type { Failure } from '../failures/failure';
import { say } from '../failures/text';

/** Anyone who has seen one signed callback can try out secrets on it. A shorter secret could be found in this way. */
const MIN_SECRET_CHARACTERS = 32;

const MAKE_ONE = say`Create 64 random letters and digits with a password manager. Enter them in the credential as Webhook Secret, and give the same value to your NenAI contact.`;

/**
 * Why results cannot be verified safely with these webhook secrets of a credential; undefined if they can be. Call it
 * before anything waits for callbacks. Never quotes a secret.
 */
export function webhookSecretProblem(secrets: string[]): Failure | undefined {
	if (secrets.length === 0)
		return {
			message: say`The NenAI credential has no webhook secret, so n8n could not verify that a result comes from NenAI`,
			hint: MAKE_ONE,
		};
	if (secrets.some((secret) => secret.length < MIN_SECRET_CHARACTERS))
		return {
			message: say`A webhook secret in the NenAI credential is too short: others could guess it, and send false results. It must have at least ${MIN_SECRET_CHARACTERS} characters`,
			hint: say`Check Webhook Secret and Previous Webhook Secret. ${MAKE_ONE}`,
		};
	return undefined;
}
