import type {
	FastifyError,
	FastifyInstance,
	FastifyReply,
	FastifyRequest,
	HTTPMethods,
} from 'fastify';
import { z } from 'zod';
import { badRequest, drop, httpError, sendAnswer, sendHalf, stayOpen } from '../answers.mts';
import { property } from '../property.mts';
import type { DesktopActionRecord, Records } from '../records.mts';
import { sendFile, type OutgoingFile } from '../sendFile.mts';
import type { Answer, Settings } from '../shapes.mts';
import { desktopPath, isAuthorized, readCall } from './call.mts';
import { firstProblem } from './computer.mts';
import { sessionPath, type Desktops } from './desktops.mts';
import { checkFolder, checkName } from './drive.mts';
import type { DesktopFaults } from './faults.mts';
import type { DesktopFault } from './shapes.mts';
import { listTools, prepareTool, toAnswer, type CheckSchema } from './tools.mts';
import type { Uploads } from './uploads.mts';

interface Parts {
	settings: () => Settings;
	faults: DesktopFaults;
	desktops: Desktops;
	uploads: Uploads;
	records: Records;
	/** Milliseconds. */
	wait: (ms: number) => Promise<void>;
}

/** What a request is answered: JSON, a file, nothing but 204; or it has been answered already. */
type Done = { json: unknown } | { file: OutgoingFile } | 'nothing' | 'answered';

type Act = (incoming: {
	request: FastifyRequest;
	reply: FastifyReply;
	/** Of the desktop. */
	id: string;
	fault: DesktopFault;
}) => Done | Promise<Done>;

const createShape = z.object({ desktop_type: z.literal('sandbox') }).strict();
const renameShape = z.object({ name: z.string().min(1) }).strict();
const executeShape = z
	.object({
		action: z
			.object({ tool: z.string(), action: z.string(), params: z.record(z.unknown()) })
			.strict(),
	})
	.strict();

export function registerDesktop(app: FastifyInstance, parts: Parts): void {
	app.register(async (scope) => registerAll(scope, parts), { prefix: desktopPath });
	registerSessionPage(app, parts);
}

/** What a person sees who follows the link of a session. The link is all that is needed. */
function registerSessionPage(app: FastifyInstance, { desktops }: Parts): void {
	app.get<{ Params: { id: string } }>(`${sessionPath}/:id`, async ({ params, query }, reply) => {
		const isOpen = desktops.opens(params.id, property(query, 'token'));
		return reply
			.status(isOpen ? 200 : 404)
			.type('text/html')
			.send(
				`<!doctype html><title>Desktop</title><h1>${isOpen ? `Desktop ${params.id}` : 'This session is closed'}</h1>`,
			);
	});
}

async function registerAll(scope: FastifyInstance, parts: Parts): Promise<void> {
	const { desktops, records, settings } = parts;
	scope.addHook('onRequest', async (request, reply) => {
		if (!isAuthorized(request.headers, settings()))
			return sendAnswer(reply, { status: 401, body: { error: 'Invalid API key' } });
	});
	scope.setErrorHandler((error: FastifyError, _request, reply) =>
		sendAnswer(reply, { status: error.statusCode ?? 500, body: { error: error.message } }),
	);
	scope.setNotFoundHandler(async (_request, reply) =>
		sendAnswer(reply, { status: 404, body: { error: 'Not found' } }),
	);
	const on = (method: HTTPMethods, url: string, act: Act, where = scope): void => {
		where.route({
			method,
			url: `/desktops${url}`,
			handler: async (request, reply) => answer(request, reply, act, parts),
		});
	};
	on('POST', '', ({ request }) => {
		parse(createShape, request.body);
		return { json: desktops.create() };
	});
	on('GET', '', () => ({ json: desktops.list() }));
	on('GET', '/:id', ({ id }) => ({ json: desktops.read(id) }));
	on('PATCH', '/:id', ({ id, request }) => {
		desktops.running(id);
		return { json: desktops.rename(id, parse(renameShape, request.body).name) };
	});
	on('DELETE', '/:id', ({ id }) => ({ json: desktops.delete(id) }));
	on('GET', '/:id/tools', ({ id }) => {
		desktops.running(id);
		return { json: listTools(settings()) };
	});
	on('GET', '/:id/tool-logs', ({ id }) => {
		const { earlierLogs } = desktops.running(id);
		return { json: [...earlierLogs, ...records.desktopActionsOf(id).map(logEntry)] };
	});
	on('POST', '/:id/execute', (incoming) => execute(incoming, parts));
	on('PUT', '/:id/session', ({ id }) => ({ json: desktops.openSession(id) }));
	on('GET', '/:id/session', ({ id }) => ({ json: desktops.session(id) }));
	on('DELETE', '/:id/session', ({ id }) => {
		desktops.closeSession(id);
		return 'nothing';
	});
	on('GET', '/:id/files', ({ id, request }) => {
		const folder = folderOf(request);
		const files = desktops.running(id).drive.list(folder);
		if (!files) throw httpError(404, `Folder ${folder} not found`);
		return { json: { files } };
	});
	on('GET', '/:id/files/*', ({ id, request }) => {
		const [folder, name] = [folderOf(request), nameOf(request)];
		const file = desktops.running(id).drive.get(folder, name);
		if (!file) throw httpError(404, `File ${name} not found`);
		return { file };
	});
	await scope.register(async (files) => {
		// A body of any type is left unread: it is a file.
		files.removeAllContentTypeParsers();
		files.addContentTypeParser('*', async () => undefined);
		on('POST', '/:id/files/*', (incoming) => upload(incoming, parts), files);
	});
}

async function answer(
	request: FastifyRequest,
	reply: FastifyReply,
	act: Act,
	parts: Parts,
): Promise<FastifyReply | void> {
	const call = readCall(request.method, request.url.split('?')[0], request.body);
	const fault: DesktopFault = { ...parts.settings().desktopFault, ...parts.faults.take(call) };
	await parts.wait(fault.latencyMs ?? 0);
	if (fault.connection === 'drop-before-acting') return drop(reply);
	if (fault.connection === 'silent-before-acting') return stayOpen(reply);
	const late = call.transfer === 'upload' && fault.refuseAfterBytes !== undefined;
	if (fault.refuse && !late) return sendAnswer(reply, fault.refuse);
	const done = await act({ request, reply, id: call.desktopId ?? '', fault });
	if (done !== 'answered') return send(reply, done, fault);
}

function send(
	reply: FastifyReply,
	done: Exclude<Done, 'answered'>,
	fault: DesktopFault,
): FastifyReply | Promise<void> | void {
	if (fault.connection === 'drop-after-acting') return drop(reply);
	if (fault.connection === 'silent-after-acting') return stayOpen(reply);
	const ordered = fault.answer === undefined ? fault.wholeAnswer : jsonAnswer(fault.answer);
	if (!ordered && done !== 'nothing' && 'file' in done) return sendFile(reply, done.file, fault);
	const whole =
		ordered ?? (done !== 'nothing' && 'json' in done ? jsonAnswer(done.json) : { status: 204 });
	return fault.connection === 'cut-answer' ? sendHalf(reply, whole) : sendAnswer(reply, whole);
}

function jsonAnswer(json: unknown): Answer {
	return { status: 200, contentType: 'application/json', body: JSON.stringify(json) };
}

async function execute({ request, id }: Parameters<Act>[0], parts: Parts): Promise<Done> {
	const { computer } = parts.desktops.running(id);
	const { action: command } = parse(executeShape, request.body);
	const settings = parts.settings();
	const prepared = prepareTool(command, computer, settings, schemaCheck(request));
	if (typeof prepared === 'string') throw badRequest(prepared);
	const ended = parts.records.desktopAction({ desktopId: id, ...command });
	await parts.wait(prepared.seconds * 1000 * settings.desktopTimeScale);
	const outcome = prepared.act();
	ended();
	return { json: toAnswer(outcome, settings) };
}

async function upload(
	{ request, reply, id, fault }: Parameters<Act>[0],
	{ desktops, uploads, records, settings }: Parts,
): Promise<Done> {
	desktops.running(id);
	const [folder, name] = [folderOf(request), nameOf(request)];
	const most = settings().desktopMaxFileBytes;
	const tooLarge = httpError(413, `A file may have at most ${most} bytes`);
	if (Number(request.headers['content-length'] ?? 0) > most) throw tooLarge;
	const stopAfter = fault.cutAfterBytes ?? fault.stallAfterBytes ?? fault.refuseAfterBytes;
	const onBytes = (count: number): void => records.received(request.raw, count);
	const received = await uploads
		.receive(request.raw, { most, stopAfter, onBytes })
		.catch((error: unknown) => {
			if (!request.raw.destroyed) throw error;
			return null;
		});
	if (received === null || (received === 'stopped' && fault.cutAfterBytes !== undefined))
		drop(reply);
	else if (received === 'stopped' && fault.stallAfterBytes !== undefined) stayOpen(reply);
	else if (typeof received === 'string') {
		// The rest is taken and thrown away, so that the client comes to read the answer.
		request.raw.resume();
		if (received === 'too-large') throw tooLarge;
		sendAnswer(reply, fault.refuse ?? { status: 413 });
	} else {
		desktops.keepFile(id, folder, name, request.headers['content-type'], received);
		return { json: { success: true, size: received.size, filename: name } };
	}
	return 'answered';
}

/** Throws what is answered when it is not of the shape. */
function parse<Shape extends z.ZodTypeAny>(shape: Shape, body: unknown): z.output<Shape> {
	const { data, error } = shape.safeParse(body);
	if (error) throw badRequest(`Invalid request: ${firstProblem(error)}`);
	return data;
}

function schemaCheck(request: FastifyRequest): CheckSchema {
	return (schema, data) => {
		const validate = request.compileValidationSchema(schema);
		if (validate(data)) return undefined;
		const [problem] = validate.errors ?? [];
		return `${problem.instancePath} ${problem.message}`.trim();
	};
}

function folderOf({ query }: FastifyRequest): string {
	return checkFolder(property(query, 'path'));
}

function nameOf({ params }: FastifyRequest): string {
	return checkName(String(property(params, '*')));
}

/** The form is not published. */
function logEntry({ at, tool, action, params }: DesktopActionRecord): Record<string, unknown> {
	return { timestamp: at / 1000, tool, action, params };
}
