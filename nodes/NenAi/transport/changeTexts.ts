/**
 * Changes every text in what JSON.parse gave, and every name where `changeName` is given. Works in place, and without
 * recursion: foreign JSON may be nested as deeply as it likes.
 *
 * @returns the value itself, or what a text became
 */
export function changeTexts(root: unknown, change: (text: string) => unknown, changeName?: (name: string) => string): unknown {
	const holder = { root };
	const open: object[] = [holder];
	for (let container = open.pop(); container !== undefined; container = open.pop()) {
		if (changeName !== undefined && !Array.isArray(container)) renameAll(container, changeName);
		for (const [name, value] of Object.entries(container)) {
			if (typeof value === 'string') replace(container, name, value, change(value));
			else if (typeof value === 'object' && value !== null) open.push(value as object);
		}
	}
	return holder.root;
}

function replace(container: object, name: string, before: string, after: unknown) {
	if (after !== before) define(container, name, after);
}

/** All names are written again where one changes, so that they stay in their order. */
function renameAll(container: object, changeName: (name: string) => string) {
	const entries = Object.entries(container);
	if (entries.every(([name]) => changeName(name) === name)) return;
	for (const [name] of entries) Reflect.deleteProperty(container, name);
	for (const [name, value] of entries) define(container, changeName(name), value);
}

/** An assignment to `__proto__` would set something else. */
function define(container: object, name: string, value: unknown) {
	Object.defineProperty(container, name, { value, enumerable: true, configurable: true, writable: true });
}
