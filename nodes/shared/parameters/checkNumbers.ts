import { describeInexactNumber, ExactNumber } from '../transport/exactJson';
import { invalidParameter } from './invalidParameter';
import { say } from '../failures/text';

/** Deeper than anybody means. */
const DEEPEST = 500;

/**
 * Throws InvalidParameterError for a number whose digits are not known: JSON turns NaN into null and JavaScript rounds long numbers,
 * so NenAI would get another value than the one that was meant.
 *
 * @param path the name under which the value is sent; empty for all parameters
 * @param isEntered whether a person wrote the text that holds the numbers, so that no expression can have rounded them
 */
export function checkNumbers(value: unknown, path: string, isEntered: boolean, depth = 0): void {
	if (depth > DEEPEST)
		throw invalidParameter(
			say`The parameters are nested too deeply, or hold themselves (${path.slice(0, 60)}…)`,
			say`JSON cannot hold what holds itself. Look at the expression that gives them.`,
		);
	const inexact = typeof value === 'number' ? describeInexactNumber(value) : undefined;
	if (inexact !== undefined) {
		throw invalidParameter(
			say`The parameter "${path}" is a number that cannot be sent exactly (${inexact})`,
			say`Its digits are lost already. They must be a text where they come from, with quotes around them in the data: choosing the type String here is too late.`,
		);
	}
	if (value instanceof ExactNumber) return isEntered ? undefined : refuseRounded(value, path);
	// What says by itself how it is sent, such as a date, has no numbers of its own.
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
		say`An expression wrote it, and it looks as if its digits were rounded before. They must be a text where they come from, with quotes around them in the data.`,
	);
}
