import { CHECK_SESSION } from '../../../shared/transport/desktop/desktops';
import { defineMutation } from './change';

export const closeSession = defineMutation({
	option: {
		name: 'Close Session',
		value: 'closeSession',
		action: 'Close the session of a desktop',
		description:
			'Ends the session with which people watch a desktop, or have taken it over. The desktop goes on running.',
	},
	run: async (desktops, desktopId) => await desktops.closeSession(desktopId),
	recoveryHint: CHECK_SESSION,
});
