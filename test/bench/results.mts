/** What a row of the bench found, and what follows from it. */

export interface Fact {
	text: string;
	/** Whether what the mark asks for beside the ratio holds; undefined for what is only told. */
	holds?: boolean;
}

/** Our node beside a peer, measured in turn, a number for each round. */
export interface Comparison {
	/** The row's number in the table. */
	row: string;
	work: string;
	peer: string;
	unit: string;
	/** Which numbers are better. */
	better: 'more' | 'less';
	ours: number[];
	peers: number[];
	/** The ratio that is to be reached; none where it is only reported. */
	mark?: number;
	facts: Fact[];
}

export interface Summary extends Comparison {
	medians: { ours: number; peers: number };
	/** How many times better ours is, round by round: the median, the lowest and the highest. */
	ratio: { median: number; lowest: number; highest: number };
	verdict: 'reached' | 'not reached' | 'reported';
}

export function median(values: readonly number[]): number {
	const sorted = [...values].sort((a, b) => a - b);
	const middle = Math.floor(sorted.length / 2);
	return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

export function summarize(comparison: Comparison): Summary {
	const { ours, peers, better, mark, facts } = comparison;
	const ratios = ours.map((value, round) =>
		better === 'more' ? value / peers[round] : peers[round] / value,
	);
	const ratio = {
		median: median(ratios),
		lowest: Math.min(...ratios),
		highest: Math.max(...ratios),
	};
	const asked = [
		...(mark === undefined ? [] : [ratio.median >= mark]),
		...facts.flatMap(({ holds }) => holds ?? []),
	];
	const verdict =
		asked.length === 0 ? 'reported' : asked.every(Boolean) ? 'reached' : 'not reached';
	return { ...comparison, medians: { ours: median(ours), peers: median(peers) }, ratio, verdict };
}

const COLUMNS = [
	'#',
	'Work',
	'Ours',
	'Compared with',
	'Theirs',
	'Ratio (lowest to highest)',
	'Mark',
	'Result',
];

/** The table in Markdown. */
export function table(summaries: readonly Summary[]): string {
	const lines = [COLUMNS, COLUMNS.map(() => '---'), ...summaries.map(toCells)];
	return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function toCells({
	row,
	work,
	peer,
	unit,
	medians,
	ratio,
	mark,
	facts,
	verdict,
}: Summary): string[] {
	const spread = `**${digits(ratio.median)}** (${digits(ratio.lowest)} to ${digits(ratio.highest)})`;
	const result = [
		verdict,
		...facts.map(({ text, holds }) => (holds === false ? `NOT: ${text}` : text)),
	].join('; ');
	return [
		row,
		work,
		`${digits(medians.ours)} ${unit}`,
		peer,
		`${digits(medians.peers)} ${unit}`,
		spread,
		mark === undefined ? '' : `${mark}`,
		result,
	];
}

/** Three digits that matter. */
function digits(value: number): string {
	return String(value >= 100 ? Math.round(value) : Number(value.toPrecision(value >= 1 ? 3 : 2)));
}

const BEGIN = '<!-- bench:begin -->';
const END = '<!-- bench:end -->';

/** Puts the text between the markers of a document. Throws where they are missing. */
export function putBetweenMarkers(document: string, text: string): string {
	const begin = document.indexOf(BEGIN);
	const end = document.indexOf(END);
	if (begin < 0 || end < begin)
		throw new Error(`The document has no place for the table: ${BEGIN} and ${END}`);
	return `${document.slice(0, begin + BEGIN.length)}\n\n${text}\n\n${document.slice(end)}`;
}
