import type { INodeProperties } from 'n8n-workflow';

import type { ParameterReader } from '../../../shared/parameters/parameterReader';

/** The parameters for a position on the screen. */
export const point = pointProperties('x', 'y', 'X', 'Y', 'The position');

/** The parameters for the end of a drag. */
export const target = pointProperties('toX', 'toY', 'To X', 'To Y', 'The end position');

/** Throws InvalidParameterError if a value is not a whole number, or is negative. */
export function readPoint(reader: ParameterReader, x = 'x', y = 'y'): [x: number, y: number] {
	return [reader.nonNegativeInteger(x), reader.nonNegativeInteger(y)];
}

/**
 * These fields have no default. If an expression gave nothing, a default would click in a corner. Their type is string,
 * because the editor of n8n 1 shows an empty number as 0: docs/internals/n8n-behaviour.md#editor
 */
function pointProperties(
	x: string,
	y: string,
	labelOfX: string,
	labelOfY: string,
	meaning: string,
): INodeProperties[] {
	const shared = { type: 'string', required: true, default: '', placeholder: 'e.g. 640' } as const;
	return [
		{
			...shared,
			displayName: labelOfX,
			name: x,
			description: `${meaning}: pixels from the left edge of the screen`,
		},
		{
			...shared,
			displayName: labelOfY,
			name: y,
			description: `${meaning}: pixels from the top edge of the screen`,
		},
	];
}
