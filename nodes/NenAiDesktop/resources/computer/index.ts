import { defineResource } from '../../../shared/execution/router';
import { click } from './click';
import { cursorPosition } from './cursorPosition';
import { custom } from './custom';
import { drag } from './drag';
import { holdKey } from './holdKey';
import { key } from './key';
import { mouseMove } from './mouseMove';
import * as screenshot from './screenshot';
import { scroll } from './scroll';
import { type } from './type';
import { wait } from './wait';

export const computer = defineResource(
	{
		name: 'Computer',
		value: 'computer',
		description: 'Use the mouse, the keyboard and the screen of a desktop',
	},
	[screenshot, click, mouseMove, drag, type, key, holdKey, scroll, wait, cursorPosition, custom],
);
