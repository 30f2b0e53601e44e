import { CHECK_DELETED } from '../../../shared/transport/desktop/desktops';
import { DeletionAtEnd } from '../deleteAtEnd';
import { defineMutation } from './change';

/** n8n asks for `deleted` in the output of an operation that deletes. */
export const remove = defineMutation({
	option: {
		name: 'Delete',
		value: 'delete',
		action: 'Delete a desktop',
		description: 'Deletes a desktop and all its files. This does real work and cannot be undone.',
	},
	idempotent: true,
	run: async (desktops, { desktopId }, mayBeDone) => await desktops.delete(desktopId, mayBeDone),
	onDone: (node, { desktopId }) => new DeletionAtEnd(node).remove(desktopId),
	toJson: (json) => ({ ...json, deleted: true }),
	recoveryHint: CHECK_DELETED,
});
