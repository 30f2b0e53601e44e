/** Files that n8n keeps on disk, as it does by default. In the other tests it keeps them in memory. */
import { createRequire } from 'node:module';
import { BinaryDataService } from 'n8n-core';
import type { IBinaryData } from 'n8n-workflow';

/** The container of n8n-core's own dependencies, which may be another than the one of other packages. */
const { Container } = createRequire(require.resolve('n8n-core'))(
	'@n8n/di',
) as typeof import('@n8n/di');

const service = () => Container.get(BinaryDataService);

/** Makes n8n keep the files of this test file on disk. */
export function keepFilesOnDisk(): void {
	beforeAll(async () => await service().init());
}

/** Stores a file as n8n does. */
export async function onDisk(
	content: Buffer,
	more: Partial<IBinaryData> = {},
): Promise<IBinaryData> {
	const file: IBinaryData = { data: '', mimeType: 'application/pdf', fileName: 'a.pdf', ...more };
	return await service().store(
		{ type: 'execution', workflowId: 'w', executionId: 'e' },
		content,
		file,
	);
}

/** Where the bytes of a stored file are. */
export const pathOf = ({ id = '' }: IBinaryData): string => service().getPath(id);

export const bytesIn = async (file: IBinaryData): Promise<Buffer> =>
	await service().getAsBuffer(file);
