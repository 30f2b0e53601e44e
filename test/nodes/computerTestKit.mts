/** What the tests of the resource Computer share. */
import type { Sandbox } from '../sandbox/index.mts';
import { DesktopUser, type UseOptions } from './onDesktops.mts';

/** A picture of one pixel. */
export const PIXEL = Buffer.from(
	'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
	'base64',
);

/** Acts on one desktop of a sandbox. */
export function computerTestKit(sandbox: () => Sandbox, desktopId: () => string) {
	const user = new DesktopUser(sandbox);
	const use = async (operation: string, { parameters, ...rest }: UseOptions = {}) =>
		await user.use('computer', operation, {
			...rest,
			parameters: { desktopId: desktopId(), ...parameters },
		});
	return {
		user,
		use,
		click: async (options: UseOptions = {}) =>
			await use('click', { ...options, parameters: { x: 10, y: 20, ...options.parameters } }),
	};
}
