import { describeInexactNumber, ExactNumber } from '../transport/exactJson';
import { invalidParameter } from './invalidParameter';
import { say } from '../failures/text';

/** The maximum depth of values. Nothing that is meant to be sent is nested more deeply. */
const MAX_DEPTH = 500;

/**
 * Throws InvalidParameterError for a number that cannot be sent exactly: JSON turns NaN into null, and JavaScript rounds long
 * numbers, so NenAI would get a value that nobody entered.
 *
 * @param path the name under which the value is sent; empty for all parameters
 * @param isEntered whether a person entered the text with the numbers, so that no expression can have rounded them
 */
export function checkNumbers(value: unknown, path: string, isEntered: boolean, depth = 0): void {
	if (depth > MAX_DEPTH)
		throw invalidParameter(
			say`The parameters are nested too deeply, or contain themselves (${path.slice(0, 60)}…)`,
			say`Check the expression that returns them. JSON cannot represent an object that contains itself.`,
		);
	const inexact = typeof value === 'number' ? describeInexactNumber(value) : undefined;
	if (inexact !== undefined) {
		throw invalidParameter(
			say`The parameter "${path}" is a number that cannot be sent exactly (${inexact})`,
			say`Some of its digits are already lost. Put the number in quotes in the source data, so that it is text. Choosing the type String here does not help.`,
		);
	}
	if (value instanceof ExactNumber) return isEntered ? undefined : refuseRounded(value, path);
	// An object with toJSON, such as a date, determines itself how it is sent.
	if (
		typeof value !== 'object' ||
		value === null ||
		('toJSON' in value && typeof value.toJSON === 'function')
	)
		return;
	for (const [name, inner] of Object.entries(value)) {
		checkNumbers(inner, path === '' ? name : `${path}.${name}`, isEntered, depth + 1);
	}
}

function refuseRounded(number: ExactNumber, path: string): void {
	if (!number.looksRounded()) return;
	throw invalidParameter(
		say`The parameter "${path}" is a number that cannot be sent exactly (${number.digits})`,
		say`It comes from an expression, and its digits look rounded. Put the number in quotes in the source data, so that it is text.`,
	);
}
