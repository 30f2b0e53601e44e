/** Longer texts are not compared with a pattern. NenAI does it. */
const MAX_TEXT = 1000;

/** Python's notations that JavaScript writes in another way. */
const FROM_PYTHON: Array<[python: RegExp, ours: string]> = [
	[/^\\A/, '^'],
	[/\\[Zz]$/, '$'],
	[/\(\?P</g, '(?<'],
];

/** Whether a text has the pattern. Undefined if the pattern is not a regular expression. */
export function compilePattern(source: string): ((text: string) => boolean) | undefined {
	const [flags, body] = source.startsWith('(?i)') ? ['i', source.slice(4)] : ['', source];
	const translated = FROM_PYTHON.reduce((text, [python, ours]) => text.replace(python, ours), body);
	// With the flag u, JavaScript accepts \p{L}, but not \- outside of a class, which Python accepts.
	const expression = compile(translated, `${flags}u`) ?? compile(translated, flags);
	if (expression === undefined) return undefined;
	const longest = longestText(translated);
	return (text) => text.length > longest || expression.test(text);
}

function compile(source: string, flags: string): RegExp | undefined {
	try {
		return new RegExp(source, flags);
	} catch {
		// Not a pattern that JavaScript knows.
		return undefined;
	}
}

/** The parts of a pattern that matter here: escaped characters, classes, groups and quantifiers. */
const PARTS = /\\.|\[(?:\\.|[^\]\\])*\]|\(|\)|[*+?|]|\{(\d+)(,(\d*))?\}/gs;

/** A group that can match in several ways may be repeated so often. */
const FEW = 8;

/** How many ways to match a text JavaScript may have to try. */
const MAX_WAYS = 10_000_000;

/**
 * The longest text that is compared with a pattern; 0 for none. JavaScript may try all ways in which the parts of a
 * pattern can match, such as in (a+)+ or a*a*a*, and n8n does nothing else meanwhile.
 */
function longestText(source: string): number {
	/** For each open group, and for the whole: whether its content can match in several ways. */
	const varies = [false];
	let hasVaryingGroupBefore = false;
	let [repetitions, choices] = [source.startsWith('^') ? 0 : 1, 0];
	for (const { 0: part, 1: least, 2: range, 3: most, index } of source.matchAll(PARTS)) {
		const repeatsGroup = source[index - 1] === ')' && hasVaryingGroupBefore;
		hasVaryingGroupBefore = false;
		const group = varies.length - 1;
		if (part === '(') {
			varies.push(false);
		} else if (part === ')') {
			hasVaryingGroupBefore = varies.pop() ?? false;
			if (varies.length === 0) return 0;
			if (hasVaryingGroupBefore) varies[group - 1] = true;
		} else if (part === '|' || (part === '?' && source[index - 1] !== '(')) {
			varies[group] = true;
			choices += 1;
		} else if (part === '*' || part === '+' || least !== undefined) {
			const times = least === undefined || most === '' ? Infinity : Number(most ?? least);
			if (repeatsGroup && times > FEW) return 0;
			if (least !== undefined && range === undefined) continue;
			varies[group] = true;
			repetitions += 1;
		}
	}
	const ways = MAX_WAYS / 2 ** choices;
	return Math.floor(Math.min(MAX_TEXT, repetitions === 0 ? ways : ways ** (1 / repetitions)));
}
