/** What reaches n8n's HTTP helper for an upload, and what becomes of one whose file cannot be read to its end. */
import type { Attempt } from '../../../../nodes/shared/execution/retry';
import { written } from '../../../written.mts';
import { Readable } from 'node:stream';
import type { IExecuteFunctions, IHttpRequestOptions } from 'n8n-workflow';
import { connect } from '../../../../nodes/shared/transport/http/connection';
import { Desktops } from '../../../../nodes/shared/transport/desktop/desktops';

const failureOf = (attempt: Attempt<unknown>) =>
	attempt.kind === 'done' ? undefined : written(attempt.failure);

const SIZE = 100 * 1024 * 1024;

/** Uploads through a helper that answers so. */
async function upload(
	answer: (options: IHttpRequestOptions) => unknown,
	{ size = 5, open = async (): Promise<Buffer | Readable> => Buffer.from('Hello') } = {},
) {
	const sent: IHttpRequestOptions[] = [];
	const httpRequest = async (options: IHttpRequestOptions) => {
		sent.push(options);
		return await answer(options);
	};
	const sender = { helpers: { httpRequest } } as unknown as IExecuteFunctions;
	const desktops = new Desktops(
		sender,
		connect({ apiKey: 'key-1', desktopUrl: 'http://localhost' }, { maxTries: 5, timeout: 120 }),
	);
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

describe('a file that cannot be read to its end', () => {
	/** Reads what it is to send, as axios does. */
	const readAll = async ({ body }: IHttpRequestOptions) => {
		for await (const _ of body as unknown as Readable);
		return done();
	};
	const from = (parts: string[]) => async () =>
		Readable.from(
			(async function* () {
				yield* parts.map((part) => Buffer.from(part));
				throw new Error('The disk is gone');
			})(),
		);

	test.each([[[]], [['He']]])(
		'is named as what failed, and nothing was sent where no more than the part to be held back was read: %j',
		async (parts) => {
			const { attempt } = await upload(readAll, { open: from(parts) });
			expect(attempt.kind).toBe('failed');
			expect(failureOf(attempt)).toEqual({
				message:
					'The file for the upload of "a.txt" to desktop d could not be read: The disk is gone',
				hint: 'Check that the file still exists, and check the binary data settings of this n8n. Nothing was sent.',
			});
		},
	);

	test('may be there in part where some of it was on its way', async () => {
		const { attempt } = await upload(readAll, { open: from(['He', 'll']) });
		expect(attempt.kind).toBe('failed');
		expect(failureOf(attempt)).toEqual({
			message:
				'The file for the upload of "a.txt" to desktop d could not be read: The disk is gone',
			hint: expect.stringMatching(
				/A part of the file was sent\. The file may have been uploaded, so it is not sent again\./,
			),
			uncertain: true,
		});
	});

	test('but what NenAI refuses before the end is its refusal', async () => {
		const { attempt } = await upload(() => ({ statusCode: 413, headers: {}, body: '' }), {
			open: async () => Readable.from([Buffer.from('Hello')]),
		});
		expect(attempt.kind).toBe('failed');
		expect(failureOf(attempt)?.message).toMatch(/\(HTTP 413\)/);
	});
});
