/** The data tables of an n8n 2, as its owner sees and edits them. */
import { z } from 'zod';
import type { RestSession } from './rest.mts';

const Made = z.object({ id: z.string() });
const Tables = z.object({ data: z.array(z.object({ id: z.string(), name: z.string() })) });
const Row = z.object({ id: z.number() }).passthrough();
const Rows = z.object({ count: z.number(), data: z.array(Row) });

export type TableRow = z.output<typeof Row>;

/** The most rows that n8n gives in one answer. */
const PAGE_SIZE = 250;

export class DataTables {
	readonly #session: RestSession;

	constructor(session: RestSession) {
		this.#session = session;
	}

	/** The rows of a table, the oldest first; none, where there is no such table. */
	async rows(table: string): Promise<TableRow[]> {
		const path = await this.#path(table);
		const rows: TableRow[] = [];
		if (path === undefined) return rows;
		for (;;) {
			const { count, data } = await this.#session.send(
				{
					method: 'GET',
					path: `${path}/rows`,
					query: { take: String(PAGE_SIZE), skip: String(rows.length), sortBy: 'id:asc' },
				},
				Rows,
			);
			rows.push(...data);
			if (data.length === 0 || rows.length >= count) return rows;
		}
	}

	/** Makes a table with one column of texts, and gives its id. */
	async create(name: string, column: string, values: readonly string[]): Promise<string> {
		const project = await this.#session.personalProject();
		const path = `/projects/${project}/data-tables`;
		const columns = [{ name: column, type: 'string' }];
		const { id } = await this.#session.send(
			{ method: 'POST', path, body: { name, columns } },
			Made,
		);
		const data = values.map((value) => ({ [column]: value }));
		await this.#session.send(
			{ method: 'POST', path: `${path}/${id}/insert`, body: { data } },
			z.unknown(),
		);
		return id;
	}

	/** Enters values into the cells of one row. */
	async edit(table: string, row: number, data: Readonly<Record<string, unknown>>): Promise<void> {
		const path = await this.#path(table);
		if (path === undefined) throw new Error(`There is no data table "${table}"`);
		const filter = { type: 'and', filters: [{ columnName: 'id', condition: 'eq', value: row }] };
		await this.#session.send(
			{ method: 'PATCH', path: `${path}/rows`, body: { filter, data } },
			z.unknown(),
		);
	}

	async #path(name: string): Promise<string | undefined> {
		const id = await this.#session.personalProject();
		const path = `/projects/${id}/data-tables`;
		const { data } = await this.#session.send({ method: 'GET', path }, Tables);
		const table = data.find((one) => one.name === name);
		return table && `${path}/${table.id}`;
	}
}
