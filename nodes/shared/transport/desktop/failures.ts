import type { IDataObject } from 'n8n-workflow';

import { addressOf } from '../credential';
import { parseJson } from '../exactJson';
import { classifyStatus, isHtml } from '../http/classify';
import type { Connection } from '../http/connection';
import { readErrorText } from '../../failures/excerpt';
import type { RequestInfo, UnexpectedResponse } from '../../failures/explain';
import { NO_SECRETS } from '../../failures/redact';
import { say } from '../../failures/text';
import type { DesktopRequest } from './request';
import { withoutSession } from './session';

const HINTS: RequestInfo['hints'] = {
	400: say`Check the parameters: something is missing, has the wrong form, or is outside the screen.`,
	404: say`Check the desktop ID, or choose the desktop from the list. If it is right, check the desktop URL of the credential.`,
	410: say`The desktop and all its data have been deleted. Create another one (Desktop → Create), or choose one from the list.`,
	413: say`NenAI takes files of at most 100 MiB. Make the file smaller, or split it.`,
};

/** How errors describe a request to the Desktop API. */
export function requestInfo(
	{ label, recoveryHint, idempotent, hints, redactResponse, extraSeconds = 0 }: DesktopRequest,
	{ credential, maxTries, timeout }: Connection,
): RequestInfo {
	const acts = recoveryHint !== undefined;
	return {
		policy: acts ? 'mutation' : 'query',
		server: 'NenAI',
		label: acts ? label : say`the request for ${label}`,
		effect: acts ? say`completed ${label}` : undefined,
		recoveryHint,
		idempotent,
		notDone: acts ? say`Nothing was done.` : undefined,
		address: addressOf(credential, 'desktopUrl'),
		hints: { ...HINTS, ...hints },
		refusedHint: acts
			? say`Check the parameters.`
			: say`Check the parameters, and look at the desktop with Desktop → Get.`,
		keyHint: say`Check the API key of the credential, and that it may be used for desktops.`,
		busyHint: say`Try again later.`,
		hidesResponse: redactResponse,
		mayPassGateway: acts,
		maxTries,
		timeout: timeout + extraSeconds,
	};
}

/** The body of a response as errors may quote it: without the links and keys of sessions. */
export function quotable(body: unknown): unknown {
	const parsed = parseJson(body);
	const [kept] = Object.values(withoutSession({ body: parsed as IDataObject }, undefined, true));
	return kept;
}

/** Whether NenAI says that the desktop does not exist any more. An HTML page is not from NenAI. */
export function isGone({ status, headers, body }: UnexpectedResponse): boolean {
	if (isHtml(headers['content-type'])) return false;
	return (
		status === 404 ||
		status === 410 ||
		(classifyStatus(status) === 'refused' && /\bdeleted\b/i.test(readErrorText(body, NO_SECRETS)))
	);
}
