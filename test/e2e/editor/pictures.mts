/** The pictures of the documentation, by the names of their files in `docs/images`. */
export const PICTURES = [
	'search',
	'actions',
	'credential',
	'picker',
	'form',
	'start',
	'start-and-wait',
	'outputs',
	'download',
	'trigger',
	'error',
	'workflow',
	'gather-by-asking',
	'run-many',
	'run-many-caller',
	'desktop-screenshot',
	'desktop-hand-over',
] as const;
export type Picture = (typeof PICTURES)[number];
