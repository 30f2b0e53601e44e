import { CHECK_DELETED } from '../../../shared/transport/desktop/desktops';
import { defineMutation } from './change';

export const remove = defineMutation({
	option: {
		name: 'Delete',
		value: 'delete',
		action: 'Delete a desktop',
		description:
			'Ends a desktop for good, with all files that are on it. This does real work and cannot be undone.',
	},
	idempotent: true,
	run: async (desktops, desktopId, _input, mayBeDone) =>
		await desktops.delete(desktopId, mayBeDone),
	recoveryHint: CHECK_DELETED,
});
