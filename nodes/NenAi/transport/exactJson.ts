/** JSON whose numbers are kept: what people hand on here are claims, records and amounts. */

/** A text of JSON, or a number in it. Matching texts, too, keeps the digits inside them out. */
const TEXT_OR_NUMBER = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** Only a number of so many characters, or one with an exponent, can be one that JavaScript changes. */
const MAY_CHANGE = /[\d.]{16}|\d[eE]/;

/**
 * Parses JSON. A number that JavaScript would change (more digits than it keeps, too large, too small) becomes a text
 * with exactly the sender's digits; all others stay numbers. Throws what JSON.parse throws.
 */
export function parseExactly(text: string): unknown {
	const parsed: unknown = JSON.parse(text);
	if (!MAY_CHANGE.test(text)) return parsed;
	return JSON.parse(text.replace(TEXT_OR_NUMBER, (token) => (token.startsWith('"') || isKept(token) ? token : `"${token}"`)));
}

/** Whether JavaScript's number for these digits has the same value when it is written again. */
function isKept(literal: string): boolean {
	const number = Number(literal);
	return Number.isFinite(number) && decimalOf(literal) === decimalOf(String(number));
}

/** The value of a decimal number in one form: its digits without zeros around them, and the place of the point. */
function decimalOf(literal: string): string {
	const [, sign, whole, fraction = '', exponent = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(literal) ?? [];
	const digits = `${whole}${fraction}`.replace(/^0+/, '');
	const significant = digits.replace(/0+$/, '');
	if (significant === '') return '0';
	const scale = BigInt(exponent) - BigInt(fraction.length) + BigInt(digits.length - significant.length);
	return `${sign}${significant}e${scale}`;
}

/** The number as it would be sent, where that is not the number that was meant; undefined where it is exact. */
export function describeInexactNumber(number: number): string | undefined {
	const inexact = !Number.isFinite(number) || (Number.isInteger(number) && !Number.isSafeInteger(number));
	return inexact ? String(number) : undefined;
}
