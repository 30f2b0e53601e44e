/**
 * Changes what stands in lists and objects, in what JSON.parse gave, and every name where `changeName` is given. Works in
 * place, and without recursion: foreign JSON may be nested as deeply as it likes.
 *
 * @param change is called for each value that is neither a list nor an object
 * @returns the value itself, or what it became
 */
export function changeLeaves(
	root: unknown,
	change: (leaf: unknown) => unknown,
	changeName?: (name: string) => string,
): unknown {
	const holder = { root };
	const open: object[] = [holder];
	for (let container = open.pop(); container !== undefined; container = open.pop()) {
		if (changeName !== undefined && container !== holder && !Array.isArray(container))
			renameAll(container, changeName);
		for (const [name, value] of Object.entries(container) as Array<[string, unknown]>) {
			if (typeof value === 'object' && value !== null) open.push(value);
			else replace(container, name, value, change(value));
		}
	}
	return holder.root;
}

function replace(container: object, name: string, before: unknown, after: unknown) {
	if (after !== before) define(container, name, after);
}

/** All names are written again where one changes, so that they stay in their order. */
function renameAll(container: object, changeName: (name: string) => string) {
	const entries = Object.entries(container);
	if (entries.every(([name]) => changeName(name) === name)) return;
	for (const [name] of entries) Reflect.deleteProperty(container, name);
	const numbers = new Map<string, number>();
	for (const [name, value] of entries)
		define(container, freeName(container, changeName(name), numbers), value);
}

/**
 * Names that have become the same stay apart, so that no value is lost.
 *
 * @param numbers the last number that was tried for each name, so that many equal names take no more time each
 */
function freeName(container: object, name: string, numbers: Map<string, number>): string {
	let free = name;
	let number = numbers.get(name) ?? 1;
	while (Object.hasOwn(container, free)) {
		number += 1;
		free = `${name}${number}`;
	}
	numbers.set(name, number);
	return free;
}

/** An assignment to `__proto__` would set something else. */
function define(container: object, name: string, value: unknown) {
	Object.defineProperty(container, name, {
		value,
		enumerable: true,
		configurable: true,
		writable: true,
	});
}
