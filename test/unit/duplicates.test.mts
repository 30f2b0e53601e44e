import { isRemembered, keyOf, LONGEST_REMEMBERED, MOST_REMEMBERED, remember, type Seen } from '../../nodes/NenAi/callback/duplicates';

const callback = (message_id: string, status = 'success') => ({ message_id, status });

test('message id and status make the key, and cannot run into one another', () => {
	expect(keyOf(callback('a'))).toBe(keyOf({ ...callback('a'), extra: 1 }));
	const keys = [callback('a'), callback('b'), callback('a', 'failed'), callback('a","b', 'c'), callback('a', 'b","c')].map(keyOf);
	expect(new Set(keys).size).toBe(5);
});

test('a callback is remembered for a day', () => {
	const seen = remember({}, 'a', 1000);
	expect(isRemembered(seen, 'a', 1000 + LONGEST_REMEMBERED - 1)).toBe(true);
	expect(isRemembered(seen, 'a', 1000 + LONGEST_REMEMBERED)).toBe(false);
	expect(isRemembered(seen, 'b', 1000)).toBe(false);
});

test('what is too old is dropped with the next one', () => {
	expect(remember({ a: 1, b: 2 }, 'c', 1 + LONGEST_REMEMBERED)).toEqual({ b: 2, c: 1 + LONGEST_REMEMBERED });
});

test('the oldest is dropped when there are too many', () => {
	let seen: Seen = {};
	for (let i = 0; i < MOST_REMEMBERED + 3; i += 1) seen = remember(seen, `key-${i}`, 1000 + i);
	expect(Object.keys(seen)).toHaveLength(MOST_REMEMBERED);
	expect([isRemembered(seen, 'key-2', 2000), isRemembered(seen, 'key-3', 2000)]).toEqual([false, true]);
});
