import type { IDataObject } from 'n8n-workflow';

import { isFinished } from '../runStatus';
import { endOf, runIn, type ListedRun } from '../transport/mcp/results';
import type { Noted } from './noted';

/** How many runs the first request of a poll asks for. Each further request asks for twice as many. */
const FIRST_LIMIT = 50;

/** The most runs that a request asks for. */
export const MAX_LIMIT = 3200;

/** The runs that the first poll looks at, at most, to find those that have not ended yet. */
export const FIRST_POLL_LIMIT = 800;

/** How many remembered runs a list must contain, so that no new run is below them. One would be enough, unless NenAI deletes it. */
const OVERLAP = 20;

/** How many open runs that are not in the list are asked about one by one. If there are more, a longer list is requested. */
const FEW = 20;

/** Requests for the status of single runs at the same time. */
const CONCURRENCY = 5;

/** If NenAI has no answer about a run in this many polls in a row, the run is forgotten. */
export const MAX_UNANSWERED = 10;

/** Asks NenAI. Both throw if the poll cannot go on. */
export interface Questions {
	/** The newest runs, the newest first. Undefined if NenAI refuses this limit. */
	list(limit: number): Promise<IDataObject[] | undefined>;
	/** The status of a run, with `finished`. Undefined if NenAI has no answer about this run. */
	status(id: string): Promise<IDataObject | undefined>;
}

export interface Found {
	/** The runs that have ended since the last poll, in the order in which they ended, as far as NenAI says. */
	ended: IDataObject[];
	/** What to remember for the next poll. */
	noted: Noted;
	/** Whether NenAI's list may end above a run that is new. */
	hasGap: boolean;
	/** The runs that are forgotten, because NenAI has no answer about them. */
	forgotten: string[];
}

/** How the runs of a workflow are found that have ended: docs/internals/architecture.md#the-polling-trigger */
export async function findEnded(ask: Questions, before: Noted): Promise<Found> {
	const list = await listBackTo(ask, (runs) => reachesBack(runs, before));
	const newest = new Set(before.newest);
	const known = new Set([...newest, ...before.open]);
	const lastKnown = list.map(({ id }) => newest.has(id)).lastIndexOf(true);
	const fresh = (lastKnown < 0 ? list : list.slice(0, lastKnown)).filter(
		({ id }) => !known.has(id),
	);

	const listed = new Map(list.map((run) => [run.id, run]));
	const away = before.open.filter((id) => !listed.has(id));
	const { answers, unanswered, forgotten } = await askAbout(ask, away, before.unanswered);

	// In the order of their starts, the oldest first. This is also the order of runs with the same end.
	const candidates = [
		...before.open.flatMap((id) => listed.get(id) ?? answers.get(id) ?? []),
		...fresh.reverse(),
	];
	const open = [
		...before.open.filter((id) => !hasEnded(listed.get(id) ?? answers.get(id))),
		...fresh.filter((run) => !hasEnded(run)).map(({ id }) => id),
	].filter((id) => !forgotten.includes(id));
	return {
		ended: inOrderOfEnd(candidates.filter(hasEnded)),
		noted: {
			workflowId: before.workflowId,
			newest: [...new Set([...listed.keys(), ...before.newest])],
			open,
			unanswered,
		},
		hasGap: lastKnown < 0 && before.newest.length > 0 && list.length > 0,
		forgotten,
	};
}

/** What the first poll remembers: which runs are there, and which of them have not ended yet. */
export async function noteFirst(ask: Questions, workflowId: string): Promise<Noted> {
	const list = await listBackTo(ask, ({ length }) => length >= FIRST_POLL_LIMIT);
	const open = list.filter((run) => !hasEnded(run)).map(({ id }) => id);
	const newest = list.map(({ id }) => id);
	return { workflowId, newest, open: open.reverse(), unanswered: {} };
}

/** The runs among the newest that have ended, the last one last. */
export async function recentEnded(ask: Questions): Promise<IDataObject[]> {
	const list = await listBackTo(ask, () => true);
	return inOrderOfEnd(list.reverse().filter(hasEnded));
}

/** Requests longer and longer lists until one reaches back far enough, or contains all that NenAI gives. */
async function listBackTo(
	ask: Questions,
	isEnough: (runs: ListedRun[]) => boolean,
): Promise<ListedRun[]> {
	let runs: ListedRun[] = [];
	for (let limit = FIRST_LIMIT; limit <= MAX_LIMIT; limit *= 2) {
		const entries = await ask.list(limit);
		// NenAI has a highest limit: the list so far is the longest one.
		if (entries === undefined) break;
		runs = withoutCopies(entries.flatMap((entry) => runIn(entry) ?? []));
		if (entries.length < limit || isEnough(runs)) break;
	}
	return runs;
}

/** A run that starts between two requests can be in a list twice. */
function withoutCopies(runs: ListedRun[]): ListedRun[] {
	return [...new Map(runs.map((run) => [run.id, run])).values()];
}

function reachesBack(runs: ListedRun[], { newest, open }: Noted): boolean {
	const ids = new Set(runs.map(({ id }) => id));
	const overlap = newest.filter((id) => ids.has(id)).length;
	const away = open.filter((id) => !ids.has(id)).length;
	return newest.length > 0 && overlap >= Math.min(OVERLAP, newest.length) && away <= FEW;
}

/** Asks about open runs that are not in the list. */
async function askAbout(ask: Questions, ids: string[], unansweredBefore: Noted['unanswered']) {
	const answers = new Map<string, ListedRun>();
	const unanswered: Noted['unanswered'] = {};
	const forgotten: string[] = [];
	for (let first = 0; first < ids.length; first += CONCURRENCY)
		await Promise.all(
			ids.slice(first, first + CONCURRENCY).map(async (id) => {
				const entry = await ask.status(id);
				if (entry !== undefined) {
					answers.set(id, { id, status: String(entry.status), entry });
					return;
				}
				const count = (unansweredBefore[id] ?? 0) + 1;
				if (count < MAX_UNANSWERED) unanswered[id] = count;
				else forgotten.push(id);
			}),
		);
	return { answers, unanswered, forgotten };
}

/** Without a status, nobody knows. */
function hasEnded(run: ListedRun | undefined): boolean {
	return run !== undefined && run.status !== '' && isFinished(run.status);
}

/** NenAI's entries, with `messageId` and `finished`. */
function inOrderOfEnd(runs: ListedRun[]): IDataObject[] {
	return runs
		.map(({ id, entry }) => ({
			entry: { ...entry, messageId: entry.messageId ?? id, finished: true },
			end: endOf(entry),
		}))
		.sort((a, b) => (a.end === b.end ? 0 : a.end < b.end ? -1 : 1))
		.map(({ entry }) => entry);
}
