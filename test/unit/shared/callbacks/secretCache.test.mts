import { createHmac } from 'node:crypto';
import {
	FRESH_MS,
	SecretCache,
	MAX_AGE_MS,
	MAX_CREDENTIALS,
} from '../../../../nodes/shared/callbacks/secretCache';

const BODY = Buffer.from('{"status":"success"}');
const signedWith = (secret: string) => createHmac('sha256', secret).update(BODY).digest();

/** A memory with a clock that stands still, and credentials whose secrets are set by hand. */
function setUp(secrets: string[] | Error = ['old']) {
	const state = { now: 1000, secrets, reads: 0 };
	const memory = new SecretCache(() => state.now);
	const read = async () => {
		state.reads += 1;
		if (state.secrets instanceof Error) throw state.secrets;
		return state.secrets;
	};
	const verify = async (secret: string, name = 'credential') =>
		await memory.verify(name, read, BODY, signedWith(secret));
	return { state, memory, verify };
}

/** What happens one after the other: a callback, what was changed since the one before, the verdict, the reads so far. */
type Step = [
	signedWith: string,
	change: { after?: number; secrets?: string[] },
	verdict: 'valid' | 'invalid' | 'noSecret',
	reads: number,
];

const STORIES: Array<[what: string, steps: Step[]]> = [
	[
		'the right secret is read once in a minute',
		[
			['old', {}, 'valid', 1],
			['old', { after: MAX_AGE_MS - 1 }, 'valid', 1],
			['old', { after: 1 }, 'valid', 2],
		],
	],
	[
		'a new secret is accepted at once, and the previous one too',
		[
			['old', {}, 'valid', 1],
			['new', { after: FRESH_MS, secrets: ['new', 'old'] }, 'valid', 2],
			['old', {}, 'valid', 2],
		],
	],
	[
		'a removed secret works for a minute, counted from its reading',
		[
			['old', {}, 'valid', 1],
			['old', { after: MAX_AGE_MS - 1, secrets: ['new'] }, 'valid', 1],
			['old', { after: 1 }, 'invalid', 2],
		],
	],
	[
		'a removed secret stops working as soon as another signature made the keys be read anew',
		[
			['old', {}, 'valid', 1],
			['new', { after: FRESH_MS, secrets: ['new'] }, 'valid', 2],
			['old', {}, 'invalid', 2],
		],
	],
	[
		'forged ones have the keys read once a second at most',
		[
			['forged', {}, 'invalid', 1],
			['forged', { after: FRESH_MS - 1 }, 'invalid', 1],
			['forged', { after: 1 }, 'invalid', 2],
			['old', { after: FRESH_MS }, 'valid', 2],
			['forged', {}, 'invalid', 3],
		],
	],
	[
		'no secret is remembered like any other state',
		[
			['', { secrets: [] }, 'noSecret', 1],
			['', { after: FRESH_MS - 1 }, 'noSecret', 1],
			['old', { after: 1, secrets: ['old'] }, 'valid', 2],
		],
	],
];

test.each(STORIES)('%s', async (_, steps) => {
	const { state, verify } = setUp();
	for (const [
		index,
		[secret, { after = 0, secrets = state.secrets }, verdict, reads],
	] of steps.entries()) {
		state.now += after;
		state.secrets = secrets;
		expect([index, await verify(secret), state.reads]).toEqual([index, verdict, reads]);
	}
});

test('callbacks at the same time share one reading', async () => {
	const { state, verify } = setUp();
	const verdicts = await Promise.all(
		['old', 'forged', 'old', 'forged'].map((secret) => verify(secret)),
	);
	expect(verdicts).toEqual(['valid', 'invalid', 'valid', 'invalid']);
	expect(state.reads).toBe(1);
});

test('a flood of forged ones has the keys read once a second', async () => {
	const { state, verify } = setUp();
	for (let tenth = 0; tenth < 100; tenth += 1) {
		await Promise.all(Array.from({ length: 20 }, () => verify('forged')));
		state.now += FRESH_MS / 10;
	}
	expect(state.reads).toBe(10);
});

test('two names do not share their keys', async () => {
	const { state, verify } = setUp();
	expect(await verify('old', 'one')).toBe('valid');
	state.secrets = ['other'];
	expect(await verify('old', 'two')).toBe('invalid');
	expect(await verify('old', 'one')).toBe('valid');
});

test('a credential that cannot be read is not remembered, neither before nor after', async () => {
	const gone = new Error('gone');
	const { state, memory, verify } = setUp(gone);
	await expect(verify('old')).rejects.toBe(gone);
	state.secrets = ['old'];
	expect(await verify('old')).toBe('valid');
	state.secrets = gone;
	state.now += FRESH_MS;
	await expect(verify('forged')).rejects.toBe(gone);
	expect(memory.size).toBe(0);
	await expect(verify('old')).rejects.toBe(gone);
});

test('while keys are read anew, those that are remembered still vouch', async () => {
	const { state, memory } = setUp();
	let answer: (secrets: string[]) => void = () => {};
	let begin: () => void = () => {};
	const begun = new Promise<void>((resolve) => (begin = resolve));
	const slow = () => {
		begin();
		return new Promise<string[]>((resolve) => (answer = resolve));
	};
	await memory.verify('credential', async () => ['old'], BODY, signedWith('old'));
	state.now += FRESH_MS;
	const forged = memory.verify('credential', slow, BODY, signedWith('forged'));
	expect(await memory.verify('credential', slow, BODY, signedWith('old'))).toBe('valid');
	await begun;
	answer(['old']);
	expect(await forged).toBe('invalid');
});

test('the minute counts from the beginning of a reading', async () => {
	const { state, memory, verify } = setUp();
	const slow = async () => {
		state.now += 5000;
		return ['old'];
	};
	await memory.verify('credential', slow, BODY, signedWith('old'));
	state.now += MAX_AGE_MS - 5000;
	await verify('old');
	expect(state.reads).toBe(1);
});

test('so many are kept, the one that was read longest ago goes first, and none longer than a minute', async () => {
	const { state, memory, verify } = setUp();
	for (let i = 0; i <= MAX_CREDENTIALS; i += 1) await verify('old', `credential-${i}`);
	expect(memory.size).toBe(MAX_CREDENTIALS);
	await verify('old', 'credential-1');
	expect(state.reads).toBe(MAX_CREDENTIALS + 1);
	await verify('old', 'credential-0');
	expect(state.reads).toBe(MAX_CREDENTIALS + 2);
	state.now += MAX_AGE_MS;
	await verify('old', 'another');
	expect(memory.size).toBe(1);
});

test('what was read anew is the last to go', async () => {
	const { state, verify } = setUp();
	for (let i = 0; i < MAX_CREDENTIALS; i += 1) await verify('old', `credential-${i}`);
	state.now += FRESH_MS;
	await verify('forged', 'credential-0');
	await verify('old', 'another');
	const { reads } = state;
	await verify('old', 'credential-0');
	expect(state.reads).toBe(reads);
	await verify('old', 'credential-1');
	expect(state.reads).toBe(reads + 1);
});
