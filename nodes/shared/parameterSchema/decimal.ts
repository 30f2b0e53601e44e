import { ExactNumber } from '../transport/exactJson';

/** Decimal numbers with all their digits: coefficient × 10^exponent. JavaScript's own numbers would round them. */
export interface Decimal {
	coefficient: bigint;
	exponent: number;
}

/** Python, in which NenAI is written, reads no whole number with more digits. */
const MAX_DIGITS = 4300;

/** Undefined for a number with too many digits to calculate with, such as 1e999999. */
export function toDecimal(number: number | ExactNumber): Decimal | undefined {
	const match = /^(-?)(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(String(number));
	if (match === null) return undefined;
	const [, sign, whole, fraction = '', power = '0'] = match;
	const exponent = Number(power) - fraction.length;
	if (whole.length + fraction.length > MAX_DIGITS || Math.abs(exponent) > MAX_DIGITS)
		return undefined;
	return { coefficient: BigInt(`${sign}${whole}${fraction}`), exponent };
}

/** Negative if a is less than b, 0 if they are equal, positive if a is greater. */
export function compare(a: Decimal, b: Decimal): number {
	const [left, right] = scaled(a, b);
	return left < right ? -1 : left > right ? 1 : 0;
}

export function isMultipleOf(a: Decimal, b: Decimal): boolean {
	const [left, right] = scaled(a, b);
	return left % right === BigInt(0);
}

/** The digits of a whole number, without a fraction or an exponent: 5 for 5.0 and 5e0. Undefined if it is not whole. */
export function wholeDigits({ coefficient, exponent }: Decimal): string | undefined {
	if (exponent >= 0) return String(coefficient * powerOfTen(exponent));
	const divisor = powerOfTen(-exponent);
	return coefficient % divisor === BigInt(0) ? String(coefficient / divisor) : undefined;
}

/** Equal for equal numbers, however they are written. */
export function normalForm(number: number | ExactNumber): string {
	const decimal = toDecimal(number);
	if (decimal === undefined) return String(number).toLowerCase();
	if (decimal.coefficient === BigInt(0)) return '0';
	const digits = String(decimal.coefficient);
	let end = digits.length;
	while (digits[end - 1] === '0') end -= 1;
	return `${digits.slice(0, end)}e${decimal.exponent + digits.length - end}`;
}

/** The coefficients of both for the same exponent. */
function scaled(a: Decimal, b: Decimal): [bigint, bigint] {
	const exponent = Math.min(a.exponent, b.exponent);
	return [
		a.coefficient * powerOfTen(a.exponent - exponent),
		b.coefficient * powerOfTen(b.exponent - exponent),
	];
}

function powerOfTen(exponent: number): bigint {
	return BigInt(10) ** BigInt(exponent);
}
