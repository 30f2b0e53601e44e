import { CHECK_DELETED } from '../../../shared/transport/desktop/desktops';
import { defineMutation } from './change';

export const remove = defineMutation({
	option: {
		name: 'Delete',
		value: 'delete',
		action: 'Delete a desktop',
		description: 'Deletes a desktop and all its files. This does real work and cannot be undone.',
	},
	idempotent: true,
	run: async (desktops, { desktopId }, mayBeDone) => await desktops.delete(desktopId, mayBeDone),
	recoveryHint: CHECK_DELETED,
});
