import { LOOK_AT_SESSION } from '../../transport/desktop/desktops';
import { makeChange } from './change';

export const closeSession = makeChange({
	option: {
		name: 'Close Session',
		value: 'closeSession',
		action: 'Close the session of a desktop',
		description: 'Ends the session with which people watch a desktop, or have taken it over. The desktop goes on running.',
	},
	ask: async (desktops, desktopId) => await desktops.closeSession(desktopId),
	lookFirst: LOOK_AT_SESSION,
});
