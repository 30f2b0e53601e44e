/** The names of keys: as people write them, and as the tool accepts them. */
import {
	KNOWN_NAMES,
	MODIFIER_NAMES,
	toKeyNames,
} from '../../../../nodes/NenAiDesktop/resources/computer/keyNames';

test.each([
	['Enter', 'Return'],
	['return', 'Return'],
	['RETURN', 'Return'],
	['Esc', 'Escape'],
	['Tab', 'Tab'],
	['Backspace', 'BackSpace'],
	['Del', 'Delete'],
	['Delete', 'Delete'],
	['Page Down', 'Page_Down'],
	['PageDown', 'Page_Down'],
	['page-down', 'Page_Down'],
	['Page_Down', 'Page_Down'],
	['PgUp', 'Page_Up'],
	['ArrowLeft', 'Left'],
	['Arrow Up', 'Up'],
	['left', 'Left'],
	['space', 'space'],
	['Spacebar', 'space'],
	['F5', 'F5'],
	['f12', 'F12'],
	['Print Screen', 'Print'],
	['Num Lock', 'Num_Lock'],
	['Numpad 5', 'KP_5'],
	['Win', 'super'],
	['Windows', 'super'],
	['Meta', 'super'],
	['Right Ctrl', 'Control_R'],
	['Super_L', 'Super_L'],
	['KP_Add', 'KP_Add'],
	['period', 'period'],
	['Shift-Page-Up', 'shift+Page_Up'],
	['Ctrl-Shift-T', 'ctrl+shift+t'],
	['Ctrl--', 'ctrl+-'],
	['Control', 'ctrl'],
	['ctrl+a', 'ctrl+a'],
	['Ctrl+A', 'ctrl+a'],
	['Ctrl + A', 'ctrl+a'],
	['Ctrl-C', 'ctrl+c'],
	['Ctrl+Shift+T', 'ctrl+shift+t'],
	['CTRL-ALT-Del', 'ctrl+alt+Delete'],
	['Alt+F4', 'alt+F4'],
	['Win+R', 'super+r'],
	['AltGr+Q', 'ctrl+alt+q'],
	['Shift+Page Up', 'shift+Page_Up'],
	['a', 'a'],
	['A', 'A'],
	['ä', 'ä'],
	['😀', '😀'],
	['-', '-'],
	['+', 'plus'],
	['ctrl++', 'ctrl+plus'],
	['Ctrl + +', 'ctrl+plus'],
	['ctrl+-', 'ctrl+-'],
	['ctrl+minus', 'ctrl+minus'],
	['ctrl+plus', 'ctrl+plus'],
])('%s is %s', (text, keys) => {
	expect(toKeyNames(text)).toBe(keys);
});

test.each([
	['Entr', 'Entr'],
	['ctrl+', ''],
	['+a', ''],
	['ctrl+Foo', 'Foo'],
	['Jane', 'Jane'],
	['ctrl a', 'ctrl a'],
	['F25', 'F25'],
	['Cmd+C', 'Cmd'],
	['Control-', ''],
	['toString', 'toString'],
	['ctrl+__proto__', '__proto__'],
])('%j has an unknown key: %j', (text, unknown) => {
	expect(toKeyNames(text)).toEqual({ unknown });
});

test('each known name stays as it is', () => {
	for (const name of [...KNOWN_NAMES, ...MODIFIER_NAMES].filter((each) => !each.includes(' ')))
		expect(toKeyNames(name)).toBe(name);
});

describe('a tool that lists its keys', () => {
	const LIST = ['enter', 'esc', 'pagedown', 'browserback', 'f5'];

	test.each([
		['Return', 'enter'],
		['Enter', 'enter'],
		['Escape', 'esc'],
		['Page_Down', 'pagedown'],
		['BrowserBack', 'browserback'],
		['F5', 'f5'],
		// The list says nothing about characters and about keys that are held.
		['Ctrl+A', 'ctrl+a'],
		['ä', 'ä'],
	])('%s is %s', (text, keys) => {
		expect(toKeyNames(text, LIST)).toBe(keys);
	});

	test.each(['Tab', 'F6', 'Ctrl+Home'])('%s is not in the list', (text) => {
		expect(toKeyNames(text, LIST)).toEqual({ unknown: text.split('+').pop() });
	});

	test('characters and modifiers that it lists', () => {
		const list = ['CTRL', 'a', 'b'];
		expect(toKeyNames('Control+A', list)).toBe('CTRL+a');
		expect(toKeyNames('Control+C', list)).toEqual({ unknown: 'C' });
		expect(toKeyNames('Alt+A', list)).toEqual({ unknown: 'Alt' });
	});
});
