/** File → Upload of files that n8n keeps on disk, with n8n's own HTTP helper. */
import { createHash } from 'node:crypto';
import { truncateSync, writeFileSync } from 'node:fs';
import type { IBinaryData } from 'n8n-workflow';
import { withSandbox } from '../../../sandbox/cases.mts';
import type { Sandbox } from '../../../sandbox/index.mts';
import { fileOf, filesOn } from '../../desktopFiles.mts';
import { keepFilesOnDisk, onDisk, pathOf } from '../../filesOnDisk.mts';
import { RETRY } from '../../onDesktops.mts';

let sandbox: Sandbox;
let id: string;
withSandbox((given) => (sandbox = given));
keepFilesOnDisk();
beforeEach(() => {
	id = sandbox.desktops.add();
});

const { user, upload, files } = filesOn(
	() => sandbox,
	() => id,
);
const sha256 = (content: Buffer) => createHash('sha256').update(content).digest('hex');
const bytesOf = (size: number) =>
	Buffer.from(Array.from({ length: size }, (_, n) => (n * 7) % 251));

/** Each way in which a node before may give a file. */
const KEPT: Array<
	[where: string, toItem: (content: Buffer, type: string) => Promise<IBinaryData>]
> = [
	['in memory', async (content, mimeType) => fileOf(content, { mimeType, fileName: 'a.pdf' }).data],
	['on disk', async (content, mimeType) => await onDisk(content, { mimeType })],
];

describe.each(KEPT)(
	'a file %s, of a type that n8n or its HTTP client treats specially',
	(_, toItem) => {
		test.each([
			'application/x-www-form-urlencoded',
			'application/x-www-form-urlencoded;charset=utf-8',
			'Application/X-WWW-Form-Urlencoded',
			'multipart/form-data',
			'multipart/form-data; boundary=abcdefghijk',
			'multipart/mixed; boundary="x"',
			'application/json',
			'application/json; charset=utf-8',
			'application/vnd.api+json',
			'application/x-ndjson',
			'application/xml',
			'application/graphql',
			'application/octet-stream',
			'text/plain; charset=utf-16',
			'text/html',
			'text/event-stream',
			'application/gzip',
			'message/http',
		])('%s', async (type) => {
			for (const content of [
				Buffer.from('a=1&b=%20+2&c[]=\r\n'),
				Buffer.from(' {"a":1.0,"a":12345678901234567890} '),
				bytesOf(100_000),
				Buffer.alloc(0),
			]) {
				const { error } = await upload({
					binaries: [{ data: await toItem(content, type) }],
					parameters: { fileName: `${content.length}.bin` },
				});
				expect(error).toBeUndefined();
				const [{ contentType, sha256: digest }] = files().slice(-1);
				expect([contentType, digest]).toEqual([type, sha256(content)]);
			}
		});

		test.each([
			'pdf',
			'text/',
			'/plain',
			'text/plain, text/html',
			'text/plain\r\nx: y',
			'text/pläin',
			' ',
		])('%j is not a type, and is sent as none', async (type) => {
			expect(
				(await upload({ binaries: [{ data: await toItem(Buffer.from('x'), type) }] })).error,
			).toBeUndefined();
			expect(files()).toMatchObject([
				{ contentType: 'application/octet-stream', sha256: sha256(Buffer.from('x')) },
			]);
		});
	},
);

describe('a file that is not as long as n8n has', () => {
	/** n8n reads 65,536 bytes at a time. */
	const PART = 65_536;

	test.each([
		['shorter, in one part', 5, 3, 'it has 3 bytes, but n8n has stored 5'],
		['empty', 5, 0, 'it has 0 bytes, but n8n has stored 5'],
		['empty, though it was large', 3 * PART, 0, 'it has 0 bytes'],
		['longer, in one part', 5, 6, 'it is longer than the 5 bytes that n8n has stored'],
		['longer, though it was empty', 0, 1, 'it is longer than the 0 bytes'],
		['longer by more than a part', 5, PART + 1, 'it is longer than the 5 bytes'],
		[
			'longer, where its record ends with a part',
			PART,
			PART + 1,
			`it is longer than the ${PART} bytes`,
		],
	])('%s: nothing is sent, and a retry may upload it', async (_, size, now, says) => {
		const file = await onDisk(bytesOf(size));
		writeFileSync(pathOf(file), bytesOf(now));
		const { error } = await upload({ binaries: [{ data: file }], settings: RETRY });
		expect(error?.message).toMatch(
			new RegExp(
				`^The file has changed since n8n stored it, so the upload of "a\\.pdf" to desktop dsk_\\w+ was not completed: ${says}`,
			),
		);
		expect(error?.description).toMatch(
			/^Run the workflow again from the node that outputs the file\. Nothing was sent\./,
		);
		expect([files(), user.requests()]).toEqual([[], []]);
	});

	test.each([
		['shorter by a byte', 4 * PART, 4 * PART - 1],
		['shorter by two parts', 4 * PART, 2 * PART],
		['longer by a byte', 4 * PART, 4 * PART + 1],
		['longer by a part', 4 * PART, 5 * PART],
		['longer within a part', 4 * PART - 9, 4 * PART - 8],
	])(
		'%s: the upload ends at once, nothing is kept, and it is not repeated',
		async (_, size, now) => {
			const file = await onDisk(bytesOf(size));
			const path = pathOf(file);
			if (now < size) truncateSync(path, now);
			else writeFileSync(path, bytesOf(now));
			const begun = Date.now();
			const { error } = await upload({ binaries: [{ data: file }], settings: RETRY });
			expect(Date.now() - begun).toBeLessThan(5000);
			expect(error?.message).toMatch(/^The file has changed since n8n stored it/);
			expect(error?.description).toMatch(
				/A part of the file was sent\. The file may have been uploaded, so it is not sent again\./,
			);
			expect([files(), user.requests().length]).toEqual([[], 1]);
		},
	);

	test.each([0, 1, PART - 1, PART, PART + 1, 4 * PART])(
		'one of exactly %i bytes arrives whole',
		async (size) => {
			expect(
				(await upload({ binaries: [{ data: await onDisk(bytesOf(size)) }] })).error,
			).toBeUndefined();
			expect(files()).toMatchObject([{ size, sha256: sha256(bytesOf(size)) }]);
		},
	);
});
