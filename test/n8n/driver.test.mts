import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'flatted';
import { isStored, N8nClient, type Execution } from './client.mts';
import { installCommunityPackage } from './community-package.mts';
import { unflatten } from './execution-data.mts';
import { freePort, isPortFree, portInUseMessage } from './free-port.mts';
import { prepareImport } from './import-workflow.mts';
import { hintFor } from './install.mts';
import { N8nInstance } from './instance.mts';
import { isStale, parseHolder, withLock } from './lock.mts';
import { cacheRoot, removeFolder } from './paths.mts';
import { waitFor } from './poll.mts';
import { ProcessGroup } from './process-group.mts';
import { childEnvironment, CommandError, lastLines, runCommand } from './run-command.mts';
import type { WorkflowJson } from './schemas.mts';

const folders: string[] = [];
afterAll(() => folders.forEach((folder) => removeFolder(folder)));

const temporary = () => {
	const folder = mkdtempSync(join(tmpdir(), 'nenai-driver-'));
	folders.push(folder);
	return folder;
};

/** A local server that answers with the given status and body (which may depend on the URL), and what it was asked. */
async function withServer<T>(
	answer: {
		status: number;
		body: string | ((url: string) => string);
		headers?: Record<string, string>;
	},
	use: (url: string, seen: Array<Record<string, unknown>>) => Promise<T>,
): Promise<T> {
	const seen: Array<Record<string, unknown>> = [];
	const server = createServer((request, response) => {
		seen.push({ method: request.method, url: request.url, ...request.headers });
		const body = typeof answer.body === 'string' ? answer.body : answer.body(request.url ?? '');
		response.writeHead(answer.status, answer.headers).end(body);
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const { port } = server.address() as AddressInfo;
	try {
		return await use(`http://127.0.0.1:${port}`, seen);
	} finally {
		await new Promise((resolve) => server.close(resolve));
	}
}

describe('cache folder', () => {
	it('is below XDG_CACHE_HOME when that is set', () => {
		expect(cacheRoot({ XDG_CACHE_HOME: '/x' })).toBe(join('/x', 'n8n-nodes-nenai'));
	});

	it.each([{}, { XDG_CACHE_HOME: '' }])('is below the home folder otherwise: %j', (env) => {
		expect(cacheRoot(env)).toMatch(/\.cache.n8n-nodes-nenai$/);
	});
});

describe('stored execution data', () => {
	it('is restored with its shared and circular parts', () => {
		const shared = { text: 'same' };
		const data = { resultData: { runData: {} }, first: shared, second: shared };
		expect(unflatten(stringify(data))).toEqual(data);
	});

	it.each([undefined, null])('has no runs when n8n has stored %s', (nothing) => {
		expect(unflatten(stringify(nothing)).resultData.runData).toEqual({});
	});

	it('is refused when it is something else', () => {
		expect(() => unflatten(stringify({ other: 1 }))).toThrow('resultData');
		expect(() => unflatten('not json')).toThrow(SyntaxError);
	});
});

describe('lock', () => {
	const holder = { pid: 7, host: 'here', token: 't' };
	const alive = () => true;
	const dead = () => false;

	it.each([
		['a live holder', { holder, silentForMs: 0, isAlive: alive }, false],
		['a dead holder', { holder, silentForMs: 0, isAlive: dead }, true],
		['a holder silent for too long', { holder, silentForMs: 120_001, isAlive: alive }, true],
		[
			'a holder on another machine',
			{ holder: { ...holder, host: 'there' }, silentForMs: 0, isAlive: dead },
			false,
		],
		[
			'a holder still writing its name',
			{ holder: undefined, silentForMs: 0, isAlive: dead },
			false,
		],
		[
			'a file that never got a name',
			{ holder: undefined, silentForMs: 120_001, isAlive: dead },
			true,
		],
	])('of %s', (_, input, stale) => {
		expect(isStale({ ...input, thisHost: 'here' })).toBe(stale);
	});

	it.each([
		['12\nhost\ntoken\n', { pid: 12, host: 'host', token: 'token' }],
		['', undefined],
		['12\nhost', undefined],
		['0\nhost\ntoken', undefined],
	])('reads %j', (text, expected) => {
		expect(parseHolder(text)).toEqual(expected);
	});

	it('lets one in after the other and leaves nothing behind', async () => {
		const folder = temporary();
		const path = join(folder, 'x.lock');
		const order: string[] = [];
		const waited: unknown[] = [];
		const first = withLock(path, async () => {
			order.push('first in');
			await sleep(50);
			order.push('first out');
		});
		const second = withLock(
			path,
			async () => void order.push('second in'),
			(pid) => waited.push(pid),
		);
		await Promise.all([first, second]);
		expect(order).toEqual(['first in', 'first out', 'second in']);
		expect(waited).toEqual([process.pid]);
		expect(readdirSync(folder)).toEqual([]);
	});

	it('is free again after a failure, and after its holder has died', async () => {
		const path = join(temporary(), 'x.lock');
		await expect(withLock(path, async () => Promise.reject(new Error('no')))).rejects.toThrow('no');
		const gone = await runCommand(process.execPath, ['-p', 'process.pid']);
		const { hostname } = await import('node:os');
		writeFileSync(path, `${gone.trim()}\n${hostname()}\ntoken\n`);
		expect(await withLock(path, async () => 'in')).toBe('in');
	});
});

describe('ports', () => {
	it('are free and differ', async () => {
		const ports = await Promise.all([freePort(), freePort(), freePort()]);
		expect(new Set(ports).size).toBe(3);
		expect(await isPortFree(ports[0])).toBe(true);
	});

	it('are seen as taken', async () => {
		await withServer({ status: 200, body: '' }, async (url) => {
			expect(await isPortFree(Number(new URL(url).port))).toBe(false);
		});
		expect(portInUseMessage(5678)).toContain('5678');
	});
});

describe('commands', () => {
	it('run with this Node first in PATH', async () => {
		expect((await runCommand('node', ['-p', 'process.execPath'])).trim()).toBe(process.execPath);
		expect(childEnvironment({ EXTRA: '1' }).EXTRA).toBe('1');
	});

	it('fail with the last lines of both outputs', async () => {
		const script = 'console.log("out"); console.error("err"); process.exit(3)';
		const failure = runCommand(process.execPath, ['-e', script]);
		await expect(failure).rejects.toThrow(CommandError);
		await expect(failure).rejects.toThrow(/ended with 3\n(out\nerr|err\nout)/);
		await expect(runCommand('no-such-command', [])).rejects.toThrow('could not be started');
	});

	it('keep the last lines that have text', () => {
		expect(lastLines('a\n\nb\n \nc\n', 2)).toBe('b\nc');
	});
});

describe('what a failed install says', () => {
	it.each([
		['npm error code ENOTFOUND', 'network'],
		['npm error ENOSPC: no space left on device', 'disk'],
		['gyp ERR! find Python', 'compile'],
		['something else', 'Run again'],
	])('for %s', (output, hint) => {
		expect(hintFor(output)).toContain(hint);
	});
});

describe('process group', () => {
	const sleeper = 'setInterval(() => {}, 1000); process.on("SIGTERM", () => process.exit(5))';
	const start = async (script: string) => {
		const cwd = temporary();
		const logPath = join(cwd, 'log');
		const group = await ProcessGroup.start(process.execPath, ['-e', script], {
			cwd,
			env: {},
			logPath,
		});
		return { group, logPath };
	};

	it('stops when asked to', async () => {
		const { group, logPath } = await start(`${sleeper}; console.log("up")`);
		await waitFor('it to be up', () => readFileSync(logPath, 'utf8').includes('up') || undefined, {
			timeoutMs: 5_000,
		});
		expect(await group.stop()).toEqual({ code: 5, signal: null });
		expect(await group.stop()).toEqual({ code: 5, signal: null });
	});

	it('dies together with its children', async () => {
		const script = `console.log(require("child_process").spawn(process.execPath, ["-e", ${JSON.stringify(sleeper)}]).pid); ${sleeper}`;
		const { group, logPath } = await start(script);
		const child = await waitFor(
			'the child',
			() => Number(readFileSync(logPath, 'utf8')) || undefined,
			{
				timeoutMs: 5_000,
			},
		);
		expect(await group.kill()).toEqual({ code: null, signal: 'SIGKILL' });
		await waitFor('the child to be gone', () => !isAlive(child) || undefined, { timeoutMs: 5_000 });
	});

	it('says why it could not start', async () => {
		const cwd = temporary();
		const options = { cwd, env: {}, logPath: join(cwd, 'log') };
		await expect(ProcessGroup.start('no-such-command', [], options)).rejects.toThrow('ENOENT');
	});
});

describe('instance', () => {
	/** A program in place of n8n, which logs and answers as n8n does. On its first `signals` starts, it is told to end. */
	const pretend = async ({ signals = 0, readyAfterMs = 0 }) => {
		const folder = temporary();
		const bin = join(folder, 'n8n.cjs');
		writeFileSync(
			bin,
			`const { readdirSync } = require('node:fs');
			const starts = readdirSync(process.cwd()).filter((name) => name.endsWith('.log')).length;
			process.once('SIGTERM', () => {
				console.log('Received SIGTERM. Shutting down...');
				process.exit(1);
			});
			console.log('Initializing n8n process');
			if (starts <= ${signals}) process.kill(process.pid, 'SIGTERM');
			setTimeout(() => console.log('Editor is now accessible'), ${readyAfterMs});
			require('node:http').createServer((_, response) => response.end()).listen(process.env.N8N_PORT, '127.0.0.1');`,
		);
		const userFolder = temporary();
		const ports = { port: await freePort(), brokerPort: await freePort() };
		const version = '2.41.1';
		const install = { version, bin, nodeModules: folder, node: process.execPath } as const;
		return new N8nInstance({ version }, install, userFolder, ports);
	};

	it('is started again if another program told it to end while it started', async () => {
		const said = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
		try {
			const n8n = await pretend({ signals: 1 });
			await n8n.start();
			expect(n8n.running).toBe(true);
			expect(said.mock.calls).toEqual([
				[expect.stringMatching(/^Another program sent SIGTERM to n8n 2\.41\.1 .*n8n-1\.log\n$/)],
			]);
			await n8n.kill();
		} finally {
			said.mockRestore();
		}
	});

	it('is not started a third time', async () => {
		const said = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
		try {
			const n8n = await pretend({ signals: 2 });
			await expect(n8n.start()).rejects.toThrow('n8n ended with 1 before it was ready');
			expect(n8n.running).toBe(false);
		} finally {
			said.mockRestore();
		}
	});

	it('says that its port is taken, though it was stopped before', async () => {
		const said = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
		const n8n = await pretend({});
		await n8n.start();
		await n8n.stop();
		const other = createServer();
		await new Promise<void>((resolve) => other.listen(n8n.port, '127.0.0.1', resolve));
		try {
			await expect(n8n.start()).rejects.toThrow(portInUseMessage(n8n.port));
			expect(said.mock.calls).toEqual([]);
		} finally {
			said.mockRestore();
			await new Promise((resolve) => other.close(resolve));
		}
	});

	it('is not started again if it was told to stop', async () => {
		const n8n = await pretend({ readyAfterMs: 60_000 });
		const started = n8n.start();
		const failed = expect(started).rejects.toThrow('n8n ended with 1 before it was ready');
		await waitFor('it to begin', () => n8n.log().includes('Initializing') || undefined, {
			timeoutMs: 5_000,
		});
		await n8n.stop();
		await failed;
		expect(n8n.log()).toContain('Received SIGTERM');
		expect(n8n.running).toBe(false);
	});
});

describe('community package', () => {
	it('is unpacked as by n8n: without its development and peer dependencies, and noted', async () => {
		const source = temporary();
		const packageJson = {
			name: 'n8n-nodes-sample',
			version: '1.2.3',
			n8n: { nodes: [] },
			devDependencies: { 'no-such-package-1': '1' },
			peerDependencies: { 'no-such-package-2': '1' },
		};
		writeFileSync(join(source, 'package.json'), JSON.stringify(packageJson));
		await runCommand('npm', ['pack', '--ignore-scripts'], { cwd: source });
		const userFolder = temporary();
		const tarball = join(source, 'n8n-nodes-sample-1.2.3.tgz');
		expect(await installCommunityPackage(tarball, userFolder)).toEqual({
			name: 'n8n-nodes-sample',
			version: '1.2.3',
		});
		const nodes = join(userFolder, '.n8n', 'nodes');
		const read = (path: string): unknown => JSON.parse(readFileSync(join(nodes, path), 'utf8'));
		expect(read('package.json')).toEqual({
			name: 'installed-nodes',
			private: true,
			dependencies: { 'n8n-nodes-sample': '1.2.3' },
		});
		const { name, version, n8n } = packageJson;
		expect(read('node_modules/n8n-nodes-sample/package.json')).toEqual({ name, version, n8n });
		expect(readdirSync(nodes).sort()).toEqual(['node_modules', 'package.json']);
	});
});

describe('imported workflow', () => {
	it('gets the credentials of this n8n and nothing of the old one', () => {
		const node = {
			id: '1',
			name: 'A',
			type: 't',
			typeVersion: 1,
			position: [0, 0],
			parameters: {},
		} as const;
		const exported: WorkflowJson & { id: string; active: boolean } = {
			id: 'old',
			active: true,
			name: 'Example',
			connections: {},
			nodes: [
				{
					...node,
					position: [0, 0],
					credentials: { aApi: { id: 'x', name: 'X' }, bApi: { id: 'y', name: 'Y' } },
				},
			],
		};
		const prepared = prepareImport(exported, { credentials: { aApi: { id: 'new', name: 'New' } } });
		expect(prepared).toEqual({
			name: 'Example',
			connections: {},
			settings: {},
			pinData: {},
			nodes: [
				{
					...node,
					credentials: { aApi: { id: 'new', name: 'New' }, bApi: { id: 'y', name: 'Y' } },
				},
			],
		});
	});
});

describe('client', () => {
	it('says what was refused, and nothing of what was sent', async () => {
		await withServer(
			{ status: 401, body: '{"message":"Wrong username or password"}' },
			async (url) => {
				const failure = new N8nClient(url).login();
				await expect(failure).rejects.toMatchObject({
					name: 'N8nApiError',
					message: 'n8n answered 401 to POST /login: Wrong username or password',
					status: 401,
				});
				await expect(failure).rejects.not.toThrow(/Test-password/);
			},
		);
	});

	it('does not take the editor for an answer', async () => {
		await withServer({ status: 200, body: '<!DOCTYPE html>' }, async (url) => {
			await expect(new N8nClient(url).login()).rejects.toThrow('not JSON: <!DOCTYPE html>');
		});
	});

	it('keeps the session', async () => {
		const headers = { 'set-cookie': 'n8n-auth=abc; Path=/; HttpOnly' };
		await withServer({ status: 200, body: '{"data":{"id":"1"}}', headers }, async (url, seen) => {
			const client = new N8nClient(url);
			await client.login();
			await client.createCredential({ name: 'n', type: 't', data: {} });
			expect(seen[0].cookie).toBeUndefined();
			expect(seen[1].cookie).toBe('n8n-auth=abc');
			expect(seen[1]['browser-id']).toBe(seen[0]['browser-id']);
		});
	});

	it.each(['cursor', 'lastId'])(
		'lists each execution once, also those that did not start in the order of IDs (%s)',
		async (parameter) => {
			// As n8n does: a page is ordered by the moment of start, and the next one begins below the ID of its last.
			const inOrderOfStart = Array.from({ length: 250 }, (_, i) => 250 - i);
			inOrderOfStart.splice(99, 4, 148, 151, 150, 149);
			const body = (url: string) => {
				const { searchParams } = new URL(url, 'http://n8n');
				const cursor = JSON.parse(
					Buffer.from(searchParams.get('cursor') ?? '', 'base64url').toString() || 'null',
				);
				const below = Number(cursor?.v1.id ?? searchParams.get('lastId') ?? Infinity);
				const ids = inOrderOfStart.filter((id) => id < below).slice(0, 100);
				const next = Buffer.from(
					JSON.stringify({ version: 1, v1: { id: String(ids.at(-1)), timestamp: '' } }),
				).toString('base64url');
				const results = ids.map((id) => ({
					id: String(id),
					status: 'success',
					mode: 'webhook',
					workflowId: 'w',
				}));
				return JSON.stringify({
					data: {
						results,
						...(parameter === 'cursor' ? { nextCursor: ids.length < 100 ? null : next } : {}),
					},
				});
			};
			await withServer({ status: 200, body }, async (url) => {
				const list = await new N8nClient(url).executions('w');
				expect(list.map(({ id }) => Number(id)).sort((a, b) => b - a)).toEqual(
					Array.from({ length: 250 }, (_, i) => 250 - i),
				);
			});
		},
	);

	describe('takes for stored', () => {
		const done = { runData: {}, lastNodeExecuted: 'Last' };
		const stack = (count: number) => ({
			nodeExecutionStack: Array.from({ length: count }, () => ({})),
		});
		it.each<[what: string, status: string, data: object, stored: boolean]>([
			[
				'a success with nothing left to run',
				'success',
				{ resultData: done, executionData: stack(0) },
				true,
			],
			[
				'a success whose data is still of its start',
				'success',
				{ resultData: { runData: {} }, executionData: stack(1) },
				false,
			],
			[
				'a success whose data is still of its wait',
				'success',
				{ resultData: done, executionData: stack(1) },
				false,
			],
			[
				'a success of which no node is stored',
				'success',
				{ resultData: { runData: {} }, executionData: stack(0) },
				false,
			],
			['a success that has no data yet', 'success', { resultData: { runData: {} } }, false],
			[
				'an error that is there',
				'error',
				{ resultData: { ...done, error: { message: 'Refused' } }, executionData: stack(1) },
				true,
			],
			[
				'an error whose data is still of its wait',
				'error',
				{ resultData: done, executionData: stack(1) },
				false,
			],
			['a crash, of which there is no more', 'crashed', { resultData: { runData: {} } }, true],
			['one that waits', 'waiting', { resultData: done, executionData: stack(1) }, false],
		])('%s (%s)', (_what, status, data, stored) => {
			expect(isStored({ status, data } as Execution)).toBe(stored);
		});
	});
});

describe('waiting', () => {
	it('gives up with what it saw last', async () => {
		const never = waitFor('the impossible', () => undefined, {
			timeoutMs: 30,
			intervalMs: 5,
			lastSeen: () => 'nothing',
		});
		await expect(never).rejects.toThrow('the impossible after 0.03 s; last seen: nothing');
	});
});

function isAlive(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch {
		return false;
	}
}
