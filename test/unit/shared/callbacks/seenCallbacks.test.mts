import {
	keyOf,
	MAX_REMEMBERED_MS,
	MAX_UNSAVED_MS,
	MAX_REMEMBERED,
} from '../../../../nodes/shared/callbacks/seenCallbacks';
import {
	InFlightCallbacks,
	callbacksOf,
	MAX_TRIGGERS,
	type Lease,
} from '../../../../nodes/shared/callbacks/deliverOnce';

const callback = (message_id: string, status = 'success') => ({ message_id, status });

test('message id and status make the key, and cannot run into one another', () => {
	expect(keyOf(callback('a'))).toBe(keyOf({ ...callback('a'), extra: 1 }));
	const keys = [
		callback('a'),
		callback('b'),
		callback('a', 'failed'),
		callback('a","b', 'c'),
		callback('a', 'b","c'),
	].map(keyOf);
	expect(new Set(keys).size).toBe(5);
});

test('a status is the same whatever its capitals and the spaces around it', () => {
	expect(keyOf(callback('a', ' Success '))).toBe(keyOf(callback('a', 'success')));
	expect(keyOf(callback('A'))).not.toBe(keyOf(callback('a')));
});

/** One process: its memory, and what is saved in the database, which several processes share. */
function processWith(
	database: { saved?: string; writes: number } = { writes: 0 },
	clock = { now: 1_700_000_000_000 },
) {
	const claims = new InFlightCallbacks(() => clock.now);
	const take = async (id: string, patience = new Promise<void>(() => {})) =>
		await claims.take(callback(id), database.saved, () => patience);
	const claim = async (id: string) => {
		const taken = await take(id);
		return typeof taken === 'string' ? undefined : taken;
	};
	const save = (begun: Lease | undefined) => {
		const toSave = begun?.started();
		if (toSave === undefined) return;
		database.saved = toSave;
		database.writes += 1;
	};
	/** Starts the workflow if it may; whether it did. */
	const start = async (id: string) => {
		const begun = await claim(id);
		save(begun);
		return begun !== undefined;
	};
	return { database, clock, claims, take, claim, save, start };
}

test('the same callback starts the workflow once', async () => {
	const { start } = processWith();
	expect([await start('a'), await start('a'), await start('b'), await start('a')]).toEqual([
		true,
		false,
		true,
		false,
	]);
});

test('after a restart, and in another process, what was saved is known', async () => {
	const first = processWith();
	await first.start('a');
	const second = processWith(first.database);
	expect([await second.start('a'), await second.start('b')]).toEqual([false, true]);
	expect(await first.start('b')).toBe(false);
});

test('what another process overwrote is saved again with the next one', async () => {
	const first = processWith();
	await first.start('a');
	first.database.saved = undefined;
	await first.start('b');
	expect(await processWith(first.database).start('a')).toBe(false);
});

test('a callback is remembered for a day, here and in what is saved', async () => {
	const { database, clock, start } = processWith();
	await start('a');
	clock.now += MAX_REMEMBERED_MS - 1000;
	expect(await start('a')).toBe(false);
	expect(await processWith(database, clock).start('a')).toBe(false);
	clock.now += 1000;
	expect(await start('b')).toBe(true);
	expect(database.saved?.split(' ')).toHaveLength(1);
	expect(await start('a')).toBe(true);
});

test('the oldest is dropped when there are too many, here and in what is saved', async () => {
	const { database, clock, start } = processWith();
	for (let i = 0; i <= MAX_REMEMBERED; i += 1) {
		clock.now += 1000;
		await start(`${i}`);
	}
	const restarted = processWith({ ...database }, clock);
	expect([await restarted.start('1'), await restarted.start('0')]).toEqual([false, true]);
	expect([await start('1'), await start('0')]).toEqual([false, true]);
});

test('what other processes saved does not displace what is newer here', async () => {
	const here = processWith();
	await here.start('mine');
	const other = processWith({ writes: 0 }, { now: here.clock.now - 1000 });
	for (let i = 0; i < MAX_REMEMBERED; i += 1) await other.start(`${i}`);
	here.database.saved = other.database.saved;
	expect([await here.start('1'), await here.start('mine'), await here.start('0')]).toEqual([
		false,
		false,
		true,
	]);
});

test('what is oldest here goes when other processes saved what is newer', async () => {
	const here = processWith();
	await here.start('oldest');
	const other = processWith({ writes: 0 }, { now: here.clock.now + 1000 });
	for (let i = 0; i < MAX_REMEMBERED; i += 1) await other.start(`${i}`);
	here.database.saved = other.database.saved;
	expect([await here.start('0'), await here.start('oldest')]).toEqual([false, true]);
});

describe('copies at the same instant', () => {
	/** Whether the promise has come to its end. */
	const isSettled = async (promise: Promise<unknown>) => {
		let settled = false;
		void promise.finally(() => (settled = true));
		await new Promise(setImmediate);
		return settled;
	};

	test('a copy waits for the start of the first, and is a duplicate when it went well', async () => {
		const { claim, save } = processWith();
		const first = await claim('a');
		const copy = claim('a');
		expect(await isSettled(copy)).toBe(false);
		save(first);
		expect(await copy).toBeUndefined();
	});

	test('when the start has failed, just one of the copies takes its place', async () => {
		const { claim } = processWith();
		const first = await claim('a');
		const copies = [claim('a'), claim('a')];
		first?.end(true);
		expect(await copies[0]).toBeDefined();
		expect(await isSettled(copies[1])).toBe(false);
	});

	test('the end of a start that went well changes nothing', async () => {
		const { claim, save, start } = processWith();
		const first = await claim('a');
		save(first);
		first?.end(false);
		expect(await start('a')).toBe(false);
	});

	test('a start that failed after it was reported was none, though it was saved', async () => {
		const { claim, save, start } = processWith();
		const first = await claim('a');
		save(first);
		first?.end(true);
		expect(await start('a')).toBe(true);
		expect(await start('a')).toBe(false);
	});

	test('a start that ends after it was given up does not let a third one in', async () => {
		const { claim, save } = processWith();
		const first = await claim('a');
		first?.end(true);
		const second = await claim('a');
		first?.end(true);
		const third = claim('a');
		expect(await isSettled(third)).toBe(false);
		save(second);
		expect(await third).toBeUndefined();
	});
});

describe('saving', () => {
	test('each one is saved when none is under way', async () => {
		const { database, start } = processWith();
		await start('a');
		await start('b');
		expect(database.writes).toBe(2);
	});

	test('of several under way the last one saves for all', async () => {
		const { database, claim, save } = processWith();
		save(await claim('before'));
		const begun = [await claim('a'), await claim('b'), await claim('c')];
		for (const one of begun) save(one);
		expect(database.writes).toBe(2);
		const restarted = processWith(database);
		expect([
			await restarted.start('a'),
			await restarted.start('b'),
			await restarted.start('c'),
		]).toEqual([false, false, false]);
	});

	test('under a load that does not end, one is saved each second', async () => {
		const { database, clock, claim, save } = processWith();
		let before = await claim('first');
		for (let i = 0; i < 100; i += 1) {
			const next = await claim(`${i}`);
			save(before);
			before = next;
			clock.now += MAX_UNSAVED_MS / 10;
		}
		expect(database.writes).toBe(10);
	});

	test('what cannot be read is nothing', async () => {
		for (const saved of ['', ' ', 'x', '{}', `${keyOf(callback('a'))}?`])
			expect(await processWith({ saved, writes: 0 }).start('a')).toBe(true);
	});
});

test('each trigger of each workflow has its own memory, for as long as the process lives', () => {
	expect(callbacksOf('workflow', 'node')).toBe(callbacksOf('workflow', 'node'));
	expect(callbacksOf('workflow', 'node')).not.toBe(callbacksOf('workflow', 'other'));
	expect(callbacksOf('workflow', 'node')).not.toBe(callbacksOf('other', 'node'));
});

test('of too many triggers the one used longest ago is forgotten, but none that is starting its workflow', async () => {
	const [starting, idle] = [callbacksOf('many', 'starting'), callbacksOf('many', 'idle')];
	await starting.take(callback('a'), undefined, async () => {});
	for (let i = 0; i < MAX_TRIGGERS + 1; i += 1) callbacksOf('many', `${i}`);
	expect(callbacksOf('many', 'starting')).toBe(starting);
	expect(callbacksOf('many', 'idle')).not.toBe(idle);
});

describe('a copy whose patience ends', () => {
	test('is neither a duplicate nor a start, and the claim holds', async () => {
		const { take, claim, save, start, clock } = processWith();
		const first = await claim('a');
		clock.now += 60 * 60 * 1000;
		expect(await take('a', Promise.resolve())).toBe('starting');
		save(first);
		expect(await start('a')).toBe(false);
	});

	test('keeps nobody out when the start fails', async () => {
		const { take, claim, start } = processWith();
		const first = await claim('a');
		expect(await take('a', Promise.resolve())).toBe('starting');
		first?.end(true);
		expect(await start('a')).toBe(true);
	});
});

test('a start that hangs does not keep the others from being saved', async () => {
	const { database, clock, claim, start } = processWith();
	await claim('hangs');
	clock.now += MAX_UNSAVED_MS;
	await start('a');
	await start('b');
	expect(database.saved?.split(' ')).toHaveLength(2);
});
