/** What the tests of files on desktops share. */
import type { IBinaryData, IBinaryKeyData } from 'n8n-workflow';
import type { Sandbox } from '../sandbox/index.mts';
import { DesktopUser, type UseOptions } from './onDesktops.mts';

/** An item's file, in the field "data". */
export const fileOf = (
	content: string | Buffer,
	more: Partial<IBinaryData> = {},
): IBinaryKeyData => ({
	data: {
		data: Buffer.from(content).toString('base64'),
		mimeType: 'text/plain',
		fileName: 'claims.txt',
		...more,
	},
});

export const textOf = (binary?: IBinaryKeyData, property = 'data') =>
	Buffer.from(binary?.[property]?.data ?? '', 'base64').toString();

/** Moves files to and from one desktop of a sandbox. */
export function filesOn(sandbox: () => Sandbox, desktopId: () => string) {
	const user = new DesktopUser(sandbox);
	const use = async (operation: string, { parameters, ...rest }: UseOptions = {}) =>
		await user.use('file', operation, {
			...rest,
			parameters: { desktopId: desktopId(), ...parameters },
		});
	return {
		user,
		use,
		upload: async ({ binaries = [fileOf('Hello')], ...rest }: UseOptions = {}) =>
			await use('upload', { binaries, ...rest }),
		download: async (fileName: string, { parameters, ...rest }: UseOptions = {}) =>
			await use('download', { ...rest, parameters: { fileName, ...parameters } }),
		/** Those that are on it. */
		files: () => sandbox().desktops.get(desktopId())?.files ?? [],
	};
}
