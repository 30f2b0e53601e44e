import type { Row } from '../bench.mts';
import { row4, row4b, row5 } from './callbacks.mts';
import { row10 } from './desktopFiles.mts';
import { row7 } from './downloads.mts';
import { row8 } from './loading.mts';
import { row9 } from './questions.mts';
import { row11 } from './runMany.mts';
import { row1, row2, row3 } from './starts.mts';
import { row6 } from './waiting.mts';

/** In the order in which they are measured. */
export const ROWS: Row[] = [
	row1,
	row2,
	row3,
	row4,
	row4b,
	row5,
	row6,
	row7,
	row8,
	row9,
	row10,
	row11,
];
