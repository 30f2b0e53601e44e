import { readEvents } from '../../../../../nodes/shared/transport/mcp/eventStream';

/** The bytes of the text, in chunks of so many. */
async function* chunksOf(text: string, size: number) {
	const bytes = Buffer.from(text);
	for (let begin = 0; begin < bytes.length; begin += size)
		yield bytes.subarray(begin, begin + size);
}

async function eventsIn(text: string, size: number): Promise<string[]> {
	const events: string[] = [];
	for await (const data of readEvents(chunksOf(text, size))) events.push(data);
	return events;
}

const CASES: Array<[string, string, string[]]> = [
	['one event', 'data: a\n\n', ['a']],
	['two events', 'data: a\n\ndata: b\n\n', ['a', 'b']],
	['several lines of data', 'data: a\ndata: b\ndata:\n\n', ['a\nb\n']],
	['no space behind the colon, or two', 'data:a\n\ndata:  b\n\n', ['a', ' b']],
	['colons in the data', 'data: {"a":"b: c"}\n\n', ['{"a":"b: c"}']],
	['a field without a colon', 'data\n\n', ['']],
	['lines that end with CR, LF and both', 'data: a\r\rdata: b\r\n\r\ndata: c\n\n', ['a', 'b', 'c']],
	[
		'comments, IDs and fields that nobody knows',
		': hello\nid: 7\nretry: 10\nother: x\ndata: a\n\n',
		['a'],
	],
	['events of another type', 'event: ping\ndata: x\n\nevent: message\ndata: a\n\n', ['a']],
	['an event without data', 'id: 1\n\n\n\ndata: a\n\n', ['a']],
	['no empty line at the end', 'data: a\n\ndata: b', ['a', 'b']],
	['characters of several bytes', 'data: Grüße 🙂\n\n', ['Grüße 🙂']],
	['a byte order mark', '\ufeffdata: a\n\n', ['a']],
	['nothing', '', []],
];

describe.each([1, 2, 3, 7, 1000])('in chunks of %d bytes', (size) => {
	test.each(CASES)('%s', async (_, text, events) => {
		expect(await eventsIn(text, size)).toEqual(events);
	});
});

test('an event that ends with CR is there at once, whenever the next byte comes', async () => {
	async function* open() {
		yield Buffer.from('data: a\r\r');
		await new Promise(() => {});
	}
	const { value } = await readEvents(open()).next();
	expect(value).toBe('a');
});

test('a line of 20 MB takes no time to speak of', async () => {
	const begin = Date.now();
	const [data] = await eventsIn(`data: ${'x'.repeat(20_000_000)}\n\n`, 16_384);
	expect(data).toHaveLength(20_000_000);
	expect(Date.now() - begin).toBeLessThan(3000);
});
