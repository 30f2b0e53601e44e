/** Whatever comes from outside is read in a time that grows with its length, and no faster: n8n does nothing else meanwhile. */
import { readCallback } from '../../nodes/shared/callbacks/payload';
import { readSignature } from '../../nodes/shared/callbacks/signature';
import { problemsOf } from '../../nodes/NenAiDesktop/resources/computer/schema';
import { checkFileName } from '../../nodes/NenAiDesktop/resources/file/place';
import { typeOf } from '../../nodes/shared/transport/download/fileType';
import { nameFile } from '../../nodes/NenAi/resources/result/fileName';
import {
	collectUrls,
	isHostAllowed,
	linksIn,
	selectUrls,
	toLink,
} from '../../nodes/NenAi/resources/result/urls';
import { toList, toNumber, toObject } from '../../nodes/shared/parameters/values';
import { isHtml } from '../../nodes/shared/transport/http/classify';
import { excerptOf, readErrorText } from '../../nodes/shared/failures/excerpt';
import { isHttpUrl, urlProblem, readCredential } from '../../nodes/shared/transport/credential';
import {
	readAction,
	readDesktop,
	readDone,
	readFiles,
} from '../../nodes/shared/transport/desktop/results';
import { isPathPart } from '../../nodes/shared/transport/desktop/request';
import { writeFailure } from '../../nodes/shared/failures/failure';
import { say } from '../../nodes/shared/failures/text';
import { toPicture } from '../../nodes/shared/transport/desktop/picture';
import { quotable } from '../../nodes/shared/transport/desktop/failures';
import {
	parseExactly,
	parseForSending,
	parseJson,
	readDecimal,
} from '../../nodes/shared/transport/exactJson';
import { isLinkLocal, isLoopback } from '../../nodes/shared/transport/http/hosts';
import { readEvents } from '../../nodes/shared/transport/mcp/eventStream';
import {
	redact,
	redactBeginning,
	Redactor,
	withoutLinks,
} from '../../nodes/shared/failures/redact';
import { readRetryAfter } from '../../nodes/shared/execution/retryAfter';
import { hostOf, redirectPhrase } from '../../nodes/shared/failures/phrases';

/** What patterns stumble over when it is repeated. */
const PARTS = [
	'a',
	'a.',
	'A-',
	'é',
	'<',
	'<script',
	'<a ',
	'>',
	'\\',
	'\\"',
	' ',
	' \n',
	'\r',
	'1',
	'1.',
	'1e',
	'-',
	'://',
	'https://',
	'a:',
	' https://a',
	'a:\\/\\/',
	'"',
	"'",
	'"\'',
	'[',
	'["',
	']',
	'{',
	'/',
	'//',
	'.',
	'..',
	';',
	';a="',
	';a=',
	'; ',
	'=',
	'?=',
	'?= ',
	'%',
	'%4',
	'?',
	'#',
	':',
	',',
	'session',
	'token=',
	'data:',
	'href',
	'\u0085',
	'\u200b',
];

/** The part so often that there are so many characters, alone and between others. */
const inputsOf = (part: string, size: number): string[] => {
	const run = part.repeat(Math.ceil(size / part.length));
	return [run, `x${run}!`];
};

const NAME = { label: 'Parameter', name: 'parameter' };

/** What may throw for what is wrong, in the same time. */
const orThrow = (read: (text: string) => unknown) => (text: string) => {
	try {
		read(text);
	} catch {
		// Only the time counts.
	}
};

async function* inOneChunk(text: string) {
	yield Buffer.from(text);
}

/** As parts of a few bytes, which a server may send. */
async function* inManyChunks(text: string) {
	const bytes = Buffer.from(text);
	for (let begin = 0; begin < bytes.length; begin += 64) yield bytes.subarray(begin, begin + 64);
}

async function readAll(chunks: AsyncIterable<Uint8Array>) {
	for await (const event of readEvents(chunks)) event.trim();
}

const REDACTOR = new Redactor(['test-key'], 'hidden');

/** All that is done to texts from outside: bodies and headers of answers, callbacks, event streams, names of files, values of expressions. */
const READERS: Record<string, (text: string) => unknown> = {
	readText: (text) => readErrorText(text, REDACTOR),
	'readText of JSON': (text) => readErrorText({ error: text, message: text }, REDACTOR),
	quoteBody: (text) => excerptOf(text, REDACTOR),
	'quoteBody of JSON': (text) => excerptOf({ error: text }, REDACTOR),
	redact: (text) => redact(text, 'aa'),
	redactBeginning: (text) => redactBeginning(text, 'a.'),
	readDecimal,
	parseForSending: orThrow(parseForSending),
	linksIn,
	linksInNamed: (text) => linksIn(text, true),
	isHtml,
	parseJson,
	'parseExactly of a text': (text) =>
		parseExactly(JSON.stringify({ id: 1234567890123456789n.toString(), text })),
	'parseExactly of a number': (text) => orThrow(parseExactly)(`[${text}]`),
	withoutLinks,
	'quotable of a session': (text) =>
		quotable({ session_notes: text, notes: [text], session: { state: text, list: [text] } }),
	'quotable of names': (text) => quotable({ [text]: text, [`${text}session`]: text }),
	writeFailure: (text) => writeFailure({ message: say`${text}`, hint: say`${text}` }, REDACTOR),
	'readAction with fields': (text) =>
		readAction({
			status: 'ok',
			output: text,
			href: text,
			session: text,
			session_state: text,
			session_notes: [text],
			base64_image: text,
			screenshot: text,
		}),
	'readAction with blocks': (text) =>
		readAction({
			output: [
				{ type: 'image', data: text, mimeType: text },
				{ type: 'image', source: { type: 'base64', media_type: text, data: text } },
				text,
			],
		}),
	'readAction that failed': (text) =>
		readAction({ success: false, status: text, output: text, error: text }),
	readDesktop: (text) => readDesktop({ desktop_id: text, session: { href: text, [text]: text } }),
	readDone: (text) => readDone({ status: text, href: text }),
	readFiles: (text) => readFiles([{ name: text, session: text }]),
	toPicture,
	'toPicture with a type': (text) => toPicture(`data:image/${text};base64,${text}`),
	'an event': async (text) => await readAll(inOneChunk(`data: ${text}\n\n`)),
	'an event in parts': async (text) => await readAll(inManyChunks(text)),
	readRetryAfter: (text) => readRetryAfter(text, 0),
	redirectPhrase,
	hostOf: (text) => hostOf(`http://${text}`),
	isLoopback,
	isLinkLocal,
	toLink,
	'toLink of a link': (text) => toLink(`https://example.com/${text}`),
	'toLink of a link that is named': (text) => toLink(` https://example.com/${text} `, true),
	collectUrls: (text) =>
		collectUrls({ [text]: `https://example.com/${text}`, list: [text, { [text]: text }] }),
	'selectUrls of fields': (text) => selectUrls({ a: 'https://example.com/' }, [text, `a${text}`]),
	isHostAllowed: (text) =>
		isHostAllowed('https://example.com/', [text, `*.${text}`, `https://${text}`]),
	'nameFile by the header': (text) =>
		nameFile(
			`attachment; filename="${text}"; filename*=UTF-8''${text}`,
			'https://example.com/',
			'field',
		),
	'nameFile by a header without form': (text) => nameFile(text, 'https://example.com/', 'field'),
	'nameFile by a bare value': (text) =>
		nameFile(`attachment; filename=${text}`, 'https://example.com/', 'field'),
	'nameFile by the path': (text) =>
		nameFile(undefined, `https://example.com/${encodeURIComponent(text)}`, 'field'),
	'nameFile by the field': (text) => nameFile(undefined, 'https://example.com/', text),
	typeOf: (text) => typeOf(text, text),
	checkFileName: orThrow((text) => checkFileName(text, 'The name')),
	isPathPart,
	readCredential: (text) =>
		readCredential({ apiKey: text, baseUrl: text, desktopUrl: `https://${text}`, mcpUrl: text }),
	problemOfAddress: (text) => urlProblem(`https://${text}`),
	isHttpUrl: (text) => isHttpUrl(`https://${text}`),
	readSignature,
	readCallback: (text) =>
		readCallback(Buffer.from(JSON.stringify({ message_id: text, status: text, [text]: 1 }))),
	'readCallback of no JSON': (text) => readCallback(Buffer.from(text)),
	toObject: orThrow((text) => toObject(text, NAME)),
	toList: orThrow((text) => toList(text, NAME)),
	toNumber: orThrow((text) => toNumber(text, NAME, 1)),
	problemsOf: (text) =>
		problemsOf(
			{
				properties: { [text]: { type: 'number', enum: [1] } },
				required: [text],
				additionalProperties: false,
			},
			{ [text]: text, a: text },
		),
};

/** Shorter times say nothing, in milliseconds. */
const PLAIN = 2;

/** Longer texts are only compared with: what takes a step for each pair of characters takes a plain time for this one. */
const LONGEST = 16_000;

/** Of four times as long a text. Sixteen is what a square would be, with which some of the work is done more often than once. */
const MOST_GROWTH = 9;

/** The shortest of some times: whatever else the machine does only adds to them. */
async function timeOf(
	read: (text: string) => unknown,
	text: string,
	times: number,
): Promise<number> {
	let shortest = Infinity;
	for (let time = 0; time < times; time += 1) {
		const before = performance.now();
		await read(text);
		shortest = Math.min(shortest, performance.now() - before);
	}
	return shortest;
}

/** By how much the time grows with a text of four times the length, at the first length that takes a plain time. */
async function growthOf(
	read: (text: string) => unknown,
	textOf: (size: number) => string,
): Promise<number> {
	for (let size = 4000; size <= LONGEST; size *= 4) {
		const long = textOf(size);
		if ((await timeOf(read, long, 1)) < PLAIN) continue;
		if ((await timeOf(read, long, 3)) < PLAIN) continue;
		return await ratioOf(read, long, textOf(size * 4));
	}
	return 0;
}

/** By what the clock says; where that is much, by what the processor did, since other programs may have had it in between. */
async function ratioOf(
	read: (text: string) => unknown,
	short: string,
	long: string,
): Promise<number> {
	const ratio = (await timeOf(read, long, 2)) / (await timeOf(read, short, 3));
	return ratio > MOST_GROWTH ? (await workOf(read, long)) / (await workOf(read, short)) : ratio;
}

/** Milliseconds of the processor, which some systems count in steps of 10. */
const ENOUGH_WORK = 100;

/** What the processor does for one time, in milliseconds. */
async function workOf(read: (text: string) => unknown, text: string): Promise<number> {
	const begun = process.cpuUsage();
	for (let times = 1; ; times += 1) {
		await read(text);
		const { user, system } = process.cpuUsage(begun);
		const work = (user + system) / 1000;
		if (work >= ENOUGH_WORK) return work / times;
	}
}

test.each(Object.entries(READERS))(
	'%s takes a time that grows with the length of the text',
	async (_, read) => {
		const slow: string[] = [];
		for (const part of PARTS) {
			for (const index of inputsOf(part, 1).keys()) {
				const growth = await growthOf(read, (size) => inputsOf(part, size)[index]);
				if (growth > MOST_GROWTH)
					slow.push(
						`${JSON.stringify(inputsOf(part, 1)[index])} repeated: ${growth.toFixed(1)} times`,
					);
			}
		}
		expect(slow).toEqual([]);
	},
);

test('the test tells a time that grows faster', async () => {
	expect(
		await growthOf(
			(text) => text.search(/a*!/),
			(size) => 'a'.repeat(size),
		),
	).toBeGreaterThan(MOST_GROWTH);
	expect(
		await growthOf(
			(text) => text.split('a').join('b'),
			(size) => 'a'.repeat(size),
		),
	).toBeLessThan(MOST_GROWTH);
});
