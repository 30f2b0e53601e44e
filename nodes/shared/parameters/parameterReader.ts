import type {
	IDataObject,
	INodeParameters,
	INodeProperties,
	INodePropertyCollection,
	INodePropertyOptions,
} from 'n8n-workflow';

import { InvalidParameterError } from './invalidParameter';
import { checkNumbers } from './checkNumbers';
import {
	isExplicitlyTrue,
	isRecord,
	titleOf,
	toChoice,
	toChoiceInAnyCase,
	toPositiveInteger,
	toExactText,
	toId,
	toList,
	toNumber,
	toObject,
	toObjectForSending,
	toBoolean,
	toText,
	toNonNegativeInteger,
	type Name,
} from './values';
import { say } from '../failures/text';

/** Gives the raw value of a parameter, as n8n evaluated it. Throws if n8n could not evaluate it. */
type GetParameter = (name: string) => unknown;

/**
 * The one place where parameters and options are read. It combines the description of a field (label, default, choices) with
 * the value that n8n gives. Every method throws InvalidParameterError, which names the parameter, for a value that does not
 * fit.
 *
 * Paths are as in the form: `workflowId`, `options.maxTries`.
 */
export class ParameterReader {
	private readonly groups = new Map<string, IDataObject>();

	/** @param saved the parameters in the saved workflow, with their expressions. Without it, any value may come from an expression */
	constructor(
		private readonly properties: INodeProperties[],
		private readonly get: GetParameter,
		private readonly saved: INodeParameters = {},
	) {}

	text(path: string): string {
		return toText(this.raw(path), this.nameOf(path), String(this.defaultOf(path) ?? ''));
	}

	/** Keeps spaces and line breaks at both ends. */
	exactText(path: string): string {
		return toExactText(this.raw(path), this.nameOf(path));
	}

	id(path: string): string {
		return toId(this.raw(path), this.nameOf(path));
	}

	number(path: string): number {
		return toNumber(this.raw(path), this.nameOf(path), Number(this.defaultOf(path)));
	}

	/** A whole number of at least 1. */
	positiveInteger(path: string): number {
		return toPositiveInteger(this.raw(path), this.nameOf(path), Number(this.defaultOf(path)));
	}

	/** A whole number that is not negative. It must not be missing. */
	nonNegativeInteger(path: string): number {
		return toNonNegativeInteger(this.raw(path), this.nameOf(path));
	}

	boolean(path: string): boolean {
		return toBoolean(this.raw(path), this.nameOf(path), this.defaultOf(path) === true);
	}

	/** For an option that reduces security: off unless it is explicitly on, also if it cannot be read. */
	isExplicitlyTrue(path: string): boolean {
		try {
			return isExplicitlyTrue(this.raw(path));
		} catch {
			// A value that cannot be evaluated is not explicitly true.
			return false;
		}
	}

	list(path: string): string[] {
		return toList(this.raw(path), this.nameOf(path));
	}

	/** One of the values in the menu. */
	choice(path: string): string {
		return toChoice(
			this.raw(path),
			this.nameOf(path),
			this.choicesOf(path),
			String(this.defaultOf(path)),
		);
	}

	/** The same, in any case of letters. */
	choiceInAnyCase(path: string): string {
		return toChoiceInAnyCase(
			this.raw(path),
			this.nameOf(path),
			this.choicesOf(path),
			String(this.defaultOf(path)),
		);
	}

	/** Several of the values in the menu. */
	choices(path: string): string[] {
		const name = this.nameOf(path);
		const byDefault = this.defaultOf(path) as string[];
		return toList(this.raw(path), name, byDefault).map((value) =>
			toChoice(value, name, this.choicesOf(path), ''),
		);
	}

	/**
	 * A JSON object, given as such or as text.
	 *
	 * @param byDefault for a missing or empty value; without it, such a value is an error
	 */
	object(path: string, byDefault?: IDataObject): IDataObject {
		return toObject(this.raw(path), this.nameOf(path), {
			byDefault,
			example: this.propertyOf(path).placeholder,
		});
	}

	/**
	 * A JSON object for a request to NenAI, with all digits of its numbers. Errors use the placeholder as the example.
	 * Throws for a number whose digits are lost.
	 */
	objectForSending(path: string, byDefault?: IDataObject): IDataObject {
		const object = toObjectForSending(this.raw(path), this.nameOf(path), {
			byDefault,
			example: this.propertyOf(path).placeholder,
		});
		checkNumbers(object, '', isEntered(this.savedAs(path)));
		return object;
	}

	/** The parameter in the saved workflow: for an expression, its text. Undefined if it is not known. */
	savedAs(path: string): unknown {
		return this.saved[path];
	}

	/** The value as n8n evaluated it. Throws InvalidParameterError if n8n could not evaluate it. */
	raw(path: string): unknown {
		const [group, member] = path.split('.');
		return member === undefined ? this.evaluate(group) : this.group(group)[member];
	}

	nameOf(path: string): Name {
		return { label: this.propertyOf(path).displayName, name: path.split('.').at(-1) ?? path };
	}

	private group(name: string): IDataObject {
		const group =
			this.groups.get(name) ?? toObject(this.evaluate(name), this.nameOf(name), { byDefault: {} });
		this.groups.set(name, group);
		return group;
	}

	private evaluate(name: string): unknown {
		try {
			return this.get(name);
		} catch (error) {
			return this.refuse(name, error as Error);
		}
	}

	private refuse(name: string, { message }: Error): never {
		throw new InvalidParameterError({
			message: say`${titleOf(this.nameOf(name))} cannot be read: ${message}`,
			hint: say`Check the expressions in the parameters of this node.`,
		});
	}

	/** The first with this name: properties with one name under different conditions have the same label and meaning. */
	private propertyOf(path: string): INodeProperties {
		const [group, member] = path.split('.');
		const outer = this.properties.find(({ name }) => name === group);
		const property =
			member === undefined ? outer : outer?.options?.find((option) => option.name === member);
		if (property === undefined || !('type' in property))
			throw new Error(`There is no parameter ${path}`);
		return property;
	}

	private defaultOf(path: string): INodeProperties['default'] {
		return this.propertyOf(path).default;
	}

	private choicesOf(path: string): string[] {
		return (this.propertyOf(path).options ?? []).filter(isChoice).map(({ value }) => String(value));
	}
}

/** Whether a person entered this text, without an expression. */
export function isEntered(saved: unknown): boolean {
	return typeof saved === 'string' && !saved.startsWith('=');
}

function isChoice(
	option: INodePropertyOptions | INodeProperties | INodePropertyCollection,
): option is INodePropertyOptions {
	return isRecord(option) && 'value' in option;
}
