import { checkNumbers } from '../parameters/checkNumbers';
import { invalidParameter } from '../parameters/invalidParameter';
import { titleOf, type Name } from '../parameters/values';
import { own, say } from '../failures/text';
import { fit, problem, type Problem } from './fit';
import type { Definition } from './schema';
import { inOneSentence } from './words';

/** The value of one parameter, as n8n evaluated it. */
export interface GivenValue {
	value: unknown;
	/** Whether a person entered it, without an expression. */
	isEntered: boolean;
}

const MAX_LISTED = 50;

/**
 * The values of all parameters as they are sent: with exactly the types and digits that the definition wants. Empty
 * fields are left out. Throws InvalidParameterError, which names each parameter that does not fit.
 *
 * @param name the parameter of the node that contains the values
 */
export function fitParameters(
	definition: Definition,
	given: Map<string, GivenValue>,
	name: Name,
): Record<string, unknown> {
	for (const [parameter, { value, isEntered }] of given) checkNumbers(value, parameter, isEntered);
	const filled = [...given].filter(
		([parameter, each]) => !isLeftEmpty(definition, parameter, each),
	);
	const values = Object.fromEntries(filled.map(([parameter, { value }]) => [parameter, value]));
	const unknown = unknownNames(definition, Object.keys(values));
	const { value, problems } = fit(definition.root, values, '', definition, true);
	const isKnown = ({ path }: Problem) => !unknown.some((each) => each.path === path);
	const all = [...unknown, ...problems.filter(isKnown)];
	if (all.length > 0) throw refusal(all, name);
	const fitted = value as Record<string, unknown>;
	for (const [parameter, each] of Object.entries(fitted))
		checkNumbers(each, parameter, given.get(parameter)?.isEntered ?? false);
	return fitted;
}

/**
 * Whether nothing was entered. The definition may allow null and an empty text as values: null is sent if an expression
 * returns it, and an empty text if the parameter is required.
 */
function isLeftEmpty(
	definition: Definition,
	parameter: string,
	{ value, isEntered }: GivenValue,
): boolean {
	if (value === undefined) return true;
	const isBlank = typeof value === 'string' && value.trim() === '';
	if (value !== null && !isBlank) return false;
	const known = definition.parameters.get(parameter);
	if (known === undefined) return false;
	if (isEntered && (value === null || value === '')) return true;
	if (value === '' && !known.isRequired) return true;
	return fit(known.schema, value, parameter, definition, false).problems.length > 0;
}

/** NenAI rejects names that it does not know, if the definition does not allow them. */
function unknownNames({ parameters, isOpen }: Definition, names: string[]): Problem[] {
	if (isOpen) return [];
	return names
		.filter((name) => !parameters.has(name))
		.map((name) => {
			const similar = [...parameters.keys()].find((each) => plain(each) === plain(name));
			const meant = similar === undefined ? own('') : say`. Do you mean "${similar}"?`;
			return problem(name, say`is not in the definition${meant}`);
		});
}

function plain(name: string): string {
	return name.toLowerCase().replace(/[\s_-]/g, '');
}

function refusal(problems: Problem[], name: Name) {
	const listed = problems.slice(0, MAX_LISTED).map(({ words }) => words);
	if (problems.length > MAX_LISTED) listed.push(say`and ${problems.length - MAX_LISTED} more`);
	return invalidParameter(
		problems.length === 1
			? say`The parameter ${listed[0]}`
			: say`${problems.length} values do not fit the definition of the parameters: ${inOneSentence(listed)}`,
		say`Correct this in ${titleOf(name)}. If a value is an expression, check its value for this item. If the NenAI workflow has changed, paste its new definition.`,
	);
}
