import { CHECK_SESSION } from '../../../shared/transport/desktop/desktops';
import { say } from '../../../shared/failures/text';
import { defineMutation } from './change';

/** The link is not put into the journal, since n8n would store it once more. A later try asks for the session again. */
export const openSession = defineMutation({
	option: {
		name: 'Open Session',
		value: 'openSession',
		action: 'Get a link to watch a desktop',
		description:
			'Opens a session, and gives its link (href), with which a person can watch and operate the desktop. Anyone who has the link can use the desktop. Only people need it: Click, Type and Screenshot work without it.',
	},
	run: async (desktops, { desktopId }) => await desktops.openSession(desktopId),
	recoveryHint: CHECK_SESSION,
	toJournal: () => ({}),
	isComplete: (session) => 'href' in session,
	incompleteHint: say`Get its link with Desktop → Get Session, or start a new execution of the workflow.`,
	enrich: async (desktops, session, { desktopId }) =>
		'href' in session ? { kind: 'done', value: session } : await desktops.getSession(desktopId),
});
