/** What reaches n8n's HTTP helper for an upload, and what becomes of one whose file cannot be read to its end. */
import { Readable } from 'node:stream';
import type { IExecuteFunctions, IHttpRequestOptions } from 'n8n-workflow';
import { connect } from '../../nodes/NenAi/transport/connection';
import { Desktops } from '../../nodes/NenAi/transport/desktop/desktops';

const SIZE = 100 * 1024 * 1024;

/** Uploads through a helper that answers so. */
async function upload(answer: (options: IHttpRequestOptions) => unknown, { size = 5, open = async (): Promise<Buffer | Readable> => Buffer.from('Hello') } = {}) {
	const sent: IHttpRequestOptions[] = [];
	const httpRequest = async (options: IHttpRequestOptions) => {
		sent.push(options);
		return await answer(options);
	};
	const sender = { helpers: { httpRequest } } as unknown as IExecuteFunctions;
	const desktops = new Desktops(sender, connect({ apiKey: 'k', desktopUrl: 'http://localhost' }, { maxTries: 5, timeout: 120 }));
	const attempt = await desktops.uploadFile('d', 'a.txt', '', { open, size, type: 'text/plain' });
	return { attempt, sent };
}

const done = () => ({ statusCode: 200, headers: {}, body: '{"success":true}' });

test.each([
	[0, 120],
	[5, 121],
	[50_000, 121],
	[5_000_000, 220],
	[SIZE, 120 + 2098],
	[SIZE * 10, 120 + 3600],
])('an upload of %i bytes may take %i seconds', async (size, seconds) => {
	const { attempt, sent } = await upload(done, { size });
	expect(attempt.kind).toBe('done');
	expect(sent.map(({ timeout }) => timeout)).toEqual([seconds * 1000]);
});
