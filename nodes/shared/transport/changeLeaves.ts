/**
 * Changes the values in lists and objects that JSON.parse gave, and every name if `changeName` is given. Works in place
 * and without recursion, because JSON from outside may be nested very deeply.
 *
 * @param change is called for each value that is not a list or an object
 * @returns the value itself, or its replacement
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

/** If one name changes, all names are written again, so that their order stays the same. */
function renameAll(container: object, changeName: (name: string) => string) {
	const entries = Object.entries(container);
	if (entries.every(([name]) => changeName(name) === name)) return;
	for (const [name] of entries) Reflect.deleteProperty(container, name);
	const numbers = new Map<string, number>();
	for (const [name, value] of entries)
		define(container, freeName(container, changeName(name), numbers), value);
}

/**
 * Keeps names apart that have become equal, so that no value is lost.
 *
 * @param numbers the last number that was tried for each name, so that many equal names do not take more time each
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

/** An assignment to `__proto__` would set the prototype. */
function define(container: object, name: string, value: unknown) {
	Object.defineProperty(container, name, {
		value,
		enumerable: true,
		configurable: true,
		writable: true,
	});
}
