import { ExactNumber } from '../transport/exactJson';
import type { SchemaObject } from './schema';

/** A schema for values like those of an example. It requires no name, because an example does not say what is optional. */
export function exampleSchema(value: unknown): SchemaObject {
	if (typeof value === 'string') return { type: 'string', ...withExample(value) };
	if (typeof value === 'boolean') return { type: 'boolean' };
	// Not "integer": an example such as 5 does not say that 5.5 is wrong.
	if (typeof value === 'number' || value instanceof ExactNumber)
		return { type: 'number', ...withExample(value) };
	if (Array.isArray(value)) return { type: 'array', ...itemsLike(value) };
	if (typeof value !== 'object' || value === null) return {};
	return {
		type: 'object',
		properties: Object.fromEntries(
			Object.entries(value).map(([name, inner]) => [name, exampleSchema(inner)]),
		),
	};
}

function withExample(value: unknown): SchemaObject {
	return value === '' ? {} : { examples: [value] };
}

/** If all entries have the same type, new entries must have it, too. */
function itemsLike(entries: unknown[]): SchemaObject {
	const [first, ...others] = entries.map(exampleSchema);
	if (first === undefined || others.some(({ type }) => type !== first.type)) return {};
	return { items: first.type === 'object' ? { type: 'object' } : first };
}
