/**
 * The names of keys. NenAI publishes only examples: `Return`, `ctrl+a`. They are the names of X keysyms, as xdotool takes
 * them, so the others are taken from there: docs/internals/nenai-api.md#where-nothing-is-published
 */

/** Keys that are held while another key is pressed, and other words for them. */
const MODIFIERS: Record<string, string[]> = {
	ctrl: ['control', 'ctl', 'strg', 'leftctrl', 'leftcontrol', 'lctrl'],
	alt: ['leftalt', 'lalt'],
	shift: ['umschalt', 'leftshift', 'lshift'],
	super: ['win', 'windows', 'windowskey', 'meta', 'leftwin', 'lwin'],
	Control_L: [],
	Control_R: ['rightctrl', 'rightcontrol', 'rctrl'],
	Alt_L: [],
	Alt_R: ['rightalt', 'ralt'],
	Shift_L: [],
	Shift_R: ['rightshift', 'rshift'],
	Super_L: [],
	Super_R: ['rightwin', 'rwin'],
};

/** Characters with a name. Each can also be written as the character itself, except `+`, which joins keys. */
const PUNCTUATION = [
	...['plus', 'minus', 'equal', 'comma', 'period', 'slash', 'backslash', 'semicolon', 'apostrophe'],
	...['grave', 'bracketleft', 'bracketright', 'asterisk', 'underscore', 'colon'],
];

/** The other keys that have a name, and other words for them. Upper and lower case, spaces, - and _ do not matter. */
const KEYS: Record<string, string[]> = {
	Return: ['enter', 'ret', 'eingabe'],
	Escape: ['esc'],
	Tab: ['tabulator'],
	space: ['spacebar'],
	BackSpace: ['back'],
	Delete: ['del', 'entf'],
	Insert: ['ins', 'einfg'],
	Home: ['pos1'],
	End: ['ende'],
	Page_Up: ['pgup', 'prior'],
	Page_Down: ['pgdn', 'pgdown', 'next'],
	Up: ['arrowup', 'uparrow'],
	Down: ['arrowdown', 'downarrow'],
	Left: ['arrowleft', 'leftarrow'],
	Right: ['arrowright', 'rightarrow'],
	Caps_Lock: ['caps'],
	Num_Lock: [],
	Scroll_Lock: [],
	Print: ['printscreen', 'prtsc', 'prtscn', 'prtscr', 'druck'],
	Pause: ['break'],
	Menu: ['apps', 'contextmenu'],
	KP_Enter: ['numpadenter'],
	KP_Add: [],
	KP_Subtract: [],
	KP_Multiply: [],
	KP_Divide: [],
	KP_Decimal: [],
	...Object.fromEntries(PUNCTUATION.map((name) => [name, []])),
	...Object.fromEntries(Array.from({ length: 24 }, (_, n) => [`F${n + 1}`, []])),
	...Object.fromEntries(Array.from({ length: 10 }, (_, n) => [`KP_${n}`, [`numpad${n}`]])),
};

/** For errors: the names that this file knows. */
export const KNOWN_NAMES = [
	...Object.keys(KEYS).filter(
		(name) => !/^(F\d+|KP_\d)$/.test(name) && !PUNCTUATION.includes(name),
	),
	...['plus', 'minus'],
	'F1 to F24',
	'KP_0 to KP_9',
];

export const MODIFIER_NAMES = Object.keys(MODIFIERS).filter((name) => !name.includes('_'));

/** From each spelling to its name. */
const NAMES = new Map(
	Object.entries({ ...MODIFIERS, ...KEYS }).flatMap(([name, others]) =>
		[name, ...others].map((spelling) => [simplify(spelling), name]),
	),
);

/** A key that has no known name. */
export interface UnknownKey {
	unknown: string;
}

/**
 * A key, or several that are pressed together, in the names that the tool accepts: `Ctrl+Shift+T` is `ctrl+shift+t`,
 * `Enter` is `Return`, and `AltGr` is `ctrl+alt`.
 *
 * @param accepted the keys that the tool lists. Default: every character, and the names in this file
 */
export function toKeyNames(text: string, accepted?: string[]): string | UnknownKey {
	const parts = splitKeys(text).flatMap((part) =>
		simplify(part) === 'altgr' ? ['ctrl', 'alt'] : [part],
	);
	const keys = parts.map((part) => nameOf(part, parts.length > 1, accepted));
	const unknown = parts.find((_, index) => keys[index] === undefined);
	return unknown === undefined ? keys.join('+') : { unknown };
}

/** `ctrl++` and `+` contain the key `+`. After a modifier, `-` also separates keys: `Ctrl-C`. */
function splitKeys(text: string): string[] {
	const trimmed = text.trim();
	if (trimmed === '+') return ['+'];
	const endsWithPlus = /\+\s*\+$/.test(trimmed);
	const others = endsWithPlus ? trimmed.replace(/\+\s*\+$/, '') : trimmed;
	const parts = others.split('+').flatMap((part) => splitAtHyphens(part.trim()));
	return endsWithPlus ? [...parts, '+'] : parts;
}

function splitAtHyphens(part: string): string[] {
	const [, first, rest] = /^(.+?)-(.*)$/su.exec(part) ?? [];
	return first !== undefined && isModifier(first) ? [first, ...splitAtHyphens(rest)] : [part];
}

function isModifier(text: string): boolean {
	return Object.hasOwn(MODIFIERS, NAMES.get(simplify(text)) ?? '');
}

function nameOf(part: string, isCombined: boolean, accepted: string[] = []): string | undefined {
	const kind = kindOf(part);
	const name = kind === 'character' ? characterName(part, isCombined) : NAMES.get(simplify(part));
	// A list of, for example, only the keys with names says nothing about characters.
	if (!accepted.some((each) => kindOf(each) === kind)) return name;
	return (
		accepted.find((each) => each === part || each === name) ??
		accepted.find((each) => simplify(each) === simplify(part)) ??
		accepted.find((each) => name !== undefined && NAMES.get(simplify(each)) === name)
	);
}

function kindOf(key: string): 'character' | 'modifier' | 'named' {
	if (isCharacter(key)) return 'character';
	return isModifier(key) ? 'modifier' : 'named';
}

function isCharacter(text: string): boolean {
	return [...text].length === 1;
}

/** Keys that are pressed together are physical keys, so `Ctrl+A` does not need Shift. A single `A` is a capital letter. */
function characterName(character: string, isCombined: boolean): string {
	if (character === '+') return 'plus';
	return isCombined ? character.toLowerCase() : character;
}

/** Page Down, Page_Down, page-down and PAGEDOWN are one name. */
function simplify(text: string): string {
	return isCharacter(text) ? text : text.replace(/[\s_-]/g, '').toLowerCase();
}
