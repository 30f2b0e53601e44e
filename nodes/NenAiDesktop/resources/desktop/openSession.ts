import { CHECK_SESSION } from '../../../shared/transport/desktop/desktops';
import { say } from '../../../shared/failures/text';
import { defineMutation } from './change';

/** The link is not remembered: n8n would store it once more. The session is asked for again where it is needed. */
export const openSession = defineMutation({
	option: {
		name: 'Open Session',
		value: 'openSession',
		action: 'Open a session on a desktop',
		description:
			'Gives a link (href) with which a person can watch a desktop, or take it over. Whoever has the link has the desktop. For people only: Click, Type and Screenshot need none.',
	},
	run: async (desktops, desktopId) => await desktops.openSession(desktopId),
	recoveryHint: CHECK_SESSION,
	toJournal: () => ({}),
	isComplete: (session) => 'href' in session,
	incompleteHint: say`Get its link with Desktop → Get Session, or start a new execution of the workflow.`,
	enrich: async (desktops, session, desktopId) =>
		'href' in session ? { kind: 'done', value: session } : await desktops.getSession(desktopId),
});
