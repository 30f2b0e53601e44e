import { CHECK_SESSION } from '../../../shared/transport/desktop/desktops';
import { say } from '../../../shared/failures/text';
import { defineMutation } from './change';

/** The journal does not keep the link, because n8n would store it a second time. A later try gets the session again. */
export const openSession = defineMutation({
	option: {
		name: 'Open Session',
		value: 'openSession',
		action: 'Get a link to watch a desktop',
		description:
			'Opens a session and returns its link (href). A person can use the link to watch and operate the desktop. Anyone who has the link can use the desktop. Other operations, such as Click, Type and Screenshot, do not need it.',
	},
	run: async (desktops, { desktopId }) => await desktops.openSession(desktopId),
	recoveryHint: CHECK_SESSION,
	toJournal: () => ({}),
	isComplete: (session) => 'href' in session,
	incompleteHint: say`Get its link with Desktop → Get Session, or start a new execution of the workflow.`,
	enrich: async (desktops, session, { desktopId }) =>
		'href' in session ? { kind: 'done', value: session } : await desktops.getSession(desktopId),
});
