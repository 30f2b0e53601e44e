/**
 * `npm run bench`: the package beside what a builder would use instead, in a real n8n, against a local NenAI.
 * Prints a table and writes it as JSON. Ends with 0 when every row could be measured, whatever it showed.
 *
 *   --only 1,4b       just these rows; those that the JSON has of the others stay in it
 *   --rounds 5        how often each is measured (3)
 *   --scale 0.1       smaller sizes, for a quick look
 *   --json <path>     where the JSON goes (bench-results.json)
 *   --docs            measures nothing: writes the table of the JSON into docs/internals/speed.md
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureN8n, NEWEST_N8N } from '../n8n/install.mts';
import { packPackage } from '../n8n/pack.mts';
import { removeFolder } from '../n8n/paths.mts';
import { Bench } from './bench.mts';
import { putBetweenMarkers, summarize, table, type Summary } from './results.mts';
import { ROWS } from './rows/index.mts';

const root = join(import.meta.dirname, '../..');
const say = (line: string) => process.stderr.write(`${line}\n`);

interface Results {
	/** ISO 8601. */
	measuredAt: string;
	minutes: number;
	machine: string;
	rounds: number;
	scale: number;
	summaries: Summary[];
}

const { values } = parseArgs({
	options: {
		only: { type: 'string' },
		rounds: { type: 'string', default: '3' },
		scale: { type: 'string', default: '1' },
		json: { type: 'string', default: join(root, 'bench-results.json') },
		docs: { type: 'boolean', default: false },
	},
});

/** By Ctrl-C or its like: what fails after that fails because of it. */
let stopped = false;

async function measure(): Promise<Results> {
	const only = values.only?.split(',').map((name) => name.trim());
	const unknown = only?.find((name) => !ROWS.some((row) => row.name === name));
	if (unknown !== undefined)
		throw new Error(
			`There is no row ${unknown}: the rows are ${ROWS.map(({ name }) => name).join(', ')}`,
		);
	const began = Date.now();
	await ensureN8n(NEWEST_N8N, say);
	const tarball = await packPackage(root);
	const bench = new Bench({
		tarball,
		rounds: Number(values.rounds),
		scale: Number(values.scale),
		say,
	});
	const cleanUp = async () => {
		await bench.end();
		removeFolder(dirname(tarball));
	};
	const stop = () => {
		stopped = true;
		void cleanUp().finally(() => process.exit(1));
	};
	for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
	const summaries: Summary[] = [];
	try {
		for (const row of ROWS.filter(({ name }) => only?.includes(name) ?? true)) {
			say(`\n${row.name}  ${row.title}`);
			summaries.push(...(await row.run(bench)).map(summarize));
		}
	} finally {
		await cleanUp();
	}
	const minutes = Math.round((Date.now() - began) / 60_000);
	const machine = `${cpus().length} x ${cpus()[0].model.trim()}, Node ${process.version}`;
	return {
		measuredAt: new Date().toISOString(),
		minutes,
		machine,
		rounds: bench.rounds,
		scale: bench.scale,
		summaries,
	};
}

/** Adds what an earlier run measured of other rows, if it did so in the same way. */
function withEarlier(results: Results, earlier: Results | undefined): Results {
	const how = ({ machine, rounds, scale }: Results) => JSON.stringify([machine, rounds, scale]);
	if (earlier === undefined || how(earlier) !== how(results)) return results;
	const others = earlier.summaries.filter(
		({ row }) => !results.summaries.some((summary) => summary.row === row),
	);
	const place = ({ row }: Summary) => ROWS.findIndex(({ name }) => name === row);
	const summaries = [...others, ...results.summaries].sort((a, b) => place(a) - place(b));
	return {
		...results,
		minutes: results.minutes + (others.length > 0 ? earlier.minutes : 0),
		summaries,
	};
}

const readResults = (): Results | undefined =>
	existsSync(values.json) ? (JSON.parse(readFileSync(values.json, 'utf8')) as Results) : undefined;

function toText({ measuredAt, minutes, machine, rounds, summaries }: Results): string {
	const how = `Measured on ${measuredAt.slice(0, 10)} with \`npm run bench\` in n8n ${NEWEST_N8N} (${machine}): medians of at least ${rounds} rounds, ${minutes} minutes. A ratio above 1 says that ours is better.`;
	return `${how}\n\n${table(summaries)}`;
}

async function main() {
	if (values.docs) {
		const results = readResults();
		if (results === undefined)
			throw new Error(`There is no ${values.json}: run npm run bench first`);
		const page = join(root, 'docs/internals/speed.md');
		writeFileSync(page, putBetweenMarkers(readFileSync(page, 'utf8'), toText(results)));
		return;
	}
	const measured = await measure();
	const results = values.only === undefined ? measured : withEarlier(measured, readResults());
	writeFileSync(values.json, `${JSON.stringify(results, null, '\t')}\n`);
	process.stdout.write(`${toText(results)}\n`);
}

try {
	await main();
} catch (error) {
	say(
		stopped
			? '\nStopped'
			: `\nThe bench could not run: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
	);
	process.exitCode = 1;
}
