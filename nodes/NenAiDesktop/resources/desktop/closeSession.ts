import { CHECK_SESSION } from '../../../shared/transport/desktop/desktops';
import { defineMutation } from './change';

export const closeSession = defineMutation({
	option: {
		name: 'Close Session',
		value: 'closeSession',
		action: 'Close the link to a desktop',
		description:
			'Ends the session. The link that lets people watch and operate the desktop stops working. The desktop keeps running.',
	},
	run: async (desktops, { desktopId }) => await desktops.closeSession(desktopId),
	recoveryHint: CHECK_SESSION,
});
