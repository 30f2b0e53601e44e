import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { desktopFaultRuleShape, desktopFileShape, desktopShape } from './desktop/shapes.mts';
import { mcpFaultRuleShape, runStateShape } from './mcp/shapes.mts';
import type { Sandbox } from './server.mts';
import { deliveryShape, faultRuleShape, fileShape, someSettingsShape } from './shapes.mts';

const pauseShape = z.object({ ms: z.number().int().min(0) }).strict();
const newFileShape = fileShape.extend({ expiresAt: z.number().optional() });
const heldRunShape = runStateShape.extend({ messageId: z.string().min(1) });
const newDesktopFileShape = desktopFileShape.extend({ desktopId: z.string().min(1) });
type Wait = (ms: number) => Promise<void>;

/** The sandbox's own endpoints, for tests whose subject runs in another process. Malformed bodies get 400. */
export function registerControl(app: FastifyInstance, sandbox: Sandbox, wait: Wait): void {
	app.get('/_sandbox/state', async () => sandbox.state());
	app.post('/_sandbox/reset', async () => {
		sandbox.reset();
		return { reset: true };
	});
	app.post('/_sandbox/settings', async (request) => {
		sandbox.setDefaults(someSettingsShape.parse(request.body));
		return { set: true };
	});
	app.post('/_sandbox/faults', async (request) => {
		sandbox.faults.add(faultRuleShape.parse(request.body));
		return { added: true };
	});
	app.delete('/_sandbox/faults', async () => {
		sandbox.faults.clear();
		return { cleared: true };
	});
	app.post('/_sandbox/mcp-faults', async (request) => {
		sandbox.mcpFaults.add(mcpFaultRuleShape.parse(request.body));
		return { added: true };
	});
	app.delete('/_sandbox/mcp-faults', async () => {
		sandbox.mcpFaults.clear();
		return { cleared: true };
	});
	app.post('/_sandbox/desktop-faults', async (request) => {
		sandbox.desktopFaults.add(desktopFaultRuleShape.parse(request.body));
		return { added: true };
	});
	app.delete('/_sandbox/desktop-faults', async () => {
		sandbox.desktopFaults.clear();
		return { cleared: true };
	});
	app.get('/_sandbox/desktops', async () => sandbox.desktops.all());
	app.post('/_sandbox/desktops', async (request) => {
		const desktopId = sandbox.desktops.add(desktopShape.parse(request.body));
		return sandbox.desktops.get(desktopId);
	});
	app.post('/_sandbox/desktop-files', async (request) => {
		const { desktopId, ...spec } = newDesktopFileShape.parse(request.body);
		sandbox.desktops.addFile(desktopId, spec);
		return { added: true };
	});
	app.post('/_sandbox/runs', async (request) => {
		const { messageId, ...state } = heldRunShape.parse(request.body);
		sandbox.runs.set(messageId, state);
		return { set: true };
	});
	app.post('/_sandbox/files', async (request) => {
		const { expiresAt, ...spec } = newFileShape.parse(request.body);
		const id = sandbox.files.add(spec);
		return { id, url: sandbox.files.url(id, expiresAt) };
	});
	app.post('/_sandbox/deliver', async (request) =>
		sandbox.deliver(deliveryShape.parse(request.body)),
	);
	app.post('/_sandbox/pause', async (request, reply) => {
		const { ms } = pauseShape.parse(request.body);
		// A reset ends the pause early.
		const over = wait(ms).catch(() => undefined);
		reply.raw.once('finish', () => void pause(sandbox, over));
		return { pausedForMs: ms };
	});
}

async function pause(sandbox: Sandbox, over: Promise<void>): Promise<void> {
	await sandbox.stop();
	await over;
	await sandbox.start();
}
