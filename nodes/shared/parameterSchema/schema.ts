import type { ExactNumber } from '../transport/exactJson';

/** A JSON Schema, or a part of one, after it was checked. Other keywords are ignored: NenAI checks their values. */
export type Schema = boolean | SchemaObject;

export interface SchemaObject {
	$ref?: string;
	type?: string | string[];
	enum?: unknown[];
	const?: unknown;
	allOf?: Schema[];
	anyOf?: Schema[];
	oneOf?: Schema[];
	discriminator?: { propertyName?: unknown; mapping?: unknown };

	minimum?: number | ExactNumber;
	maximum?: number | ExactNumber;
	exclusiveMinimum?: number | ExactNumber;
	exclusiveMaximum?: number | ExactNumber;
	multipleOf?: number | ExactNumber;

	minLength?: number;
	maxLength?: number;
	pattern?: string;
	format?: string;

	items?: Schema;
	prefixItems?: Schema[];
	minItems?: number;
	maxItems?: number;
	uniqueItems?: boolean;

	properties?: Record<string, Schema>;
	patternProperties?: Record<string, Schema>;
	additionalProperties?: Schema;
	propertyNames?: Schema;
	required?: string[];
	minProperties?: number;
	maxProperties?: number;

	title?: string;
	description?: string;
	default?: unknown;
	examples?: unknown;
}

/** One parameter of the workflow. */
export interface Parameter {
	name: string;
	schema: Schema;
	isRequired: boolean;
}

/** What the parameters of a workflow are. */
export interface Definition {
	root: Schema;
	/** By name, in the order of the definition. */
	parameters: Map<string, Parameter>;
	/** Whether parameters with other names are allowed. */
	isOpen: boolean;
	/** The part that a `$ref` names. */
	resolve: (ref: string) => Schema;
	/** Whether a text has a pattern of the definition. */
	hasPattern: (text: string, pattern: string) => boolean;
}

/** The value of a property that the object itself has. Others, such as `constructor`, come from JavaScript. */
export function ownValue<T>(record: Record<string, T> | undefined, name: string): T | undefined {
	return record !== undefined && Object.hasOwn(record, name) ? record[name] : undefined;
}
