import type { Redactor } from './redact';

/** A part of a text that can be written without the secrets that `redactor` knows. */
export interface Writable {
	write(redactor: Redactor): string;
}

type Value = string | number | Writable;

/**
 * A text for a person. It consists of our own words and of values from outside, such as entered values or a server's
 * words. Values are redacted when the text is written. Our own words stay as they are.
 */
export class Text implements Writable {
	constructor(
		private readonly words: readonly string[],
		private readonly values: readonly Value[],
	) {}

	write(redactor: Redactor): string {
		return this.words
			.map((words, index) => words + writeValue(this.values[index] ?? '', redactor))
			.join('');
	}
}

function writeValue(value: Value, redactor: Redactor): string {
	return typeof value === 'object' ? value.write(redactor) : redactor.redact(String(value));
}

/** Makes a text from a template: say`Desktop ${id} has no tool "${name}"`. */
export function say(words: TemplateStringsArray, ...values: Value[]): Text {
	return new Text(words, values);
}

/** Our own words from a constant. They are not redacted. */
export function own(words: string): Text {
	return new Text([words], []);
}

/** Joins texts with spaces. */
export function join(...texts: Array<Text | undefined>): Text {
	const present = texts.filter((text) => text !== undefined);
	const spaces = present.map((_, index) => (index === 0 ? '' : ' '));
	return new Text([...spaces, ''], present);
}

/** A value that is computed when it is written. For a value that must be redacted before it is shortened. */
export function lazily(write: (redactor: Redactor) => string): Writable {
	return { write };
}
