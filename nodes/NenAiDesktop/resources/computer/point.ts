import type { INodeProperties } from 'n8n-workflow';

import type { ParameterReader } from '../../../shared/parameters/parameterReader';

/** The parameters that say where on the screen. */
export const point = pointProperties('x', 'y', 'X', 'Y', 'Where');

/** Where something is dragged to. */
export const target = pointProperties('toX', 'toY', 'To X', 'To Y', 'Where to');

/** Throws InvalidParameterError for what is no place on a screen. */
export function readPoint(given: ParameterReader, x = 'x', y = 'y'): [x: number, y: number] {
	return [given.nonNegativeInteger(x), given.nonNegativeInteger(y)];
}

/**
 * They have no default: a click at a corner, since an expression gave nothing, is one that nobody wanted. Texts, since the
 * editor of n8n 1 shows an empty number as 0.
 */
function pointProperties(
	x: string,
	y: string,
	labelOfX: string,
	labelOfY: string,
	where: string,
): INodeProperties[] {
	const shared = { type: 'string', required: true, default: '', placeholder: 'e.g. 640' } as const;
	return [
		{
			...shared,
			displayName: labelOfX,
			name: x,
			description: `${where}: pixels from the left edge of the screen`,
		},
		{
			...shared,
			displayName: labelOfY,
			name: y,
			description: `${where}: pixels from the upper edge of the screen`,
		},
	];
}
