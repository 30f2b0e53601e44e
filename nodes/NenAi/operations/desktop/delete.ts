import { LOOK_IF_DELETED } from '../../transport/desktop/desktops';
import { makeChange } from './change';

export const remove = makeChange({
	option: {
		name: 'Delete',
		value: 'delete',
		action: 'Delete a desktop',
		description: 'Ends a desktop for good, with all files that are on it. This does real work and cannot be undone.',
	},
	idempotent: true,
	ask: async (desktops, desktopId, _question, mayBeDone) => await desktops.delete(desktopId, mayBeDone),
	lookFirst: LOOK_IF_DELETED,
});
