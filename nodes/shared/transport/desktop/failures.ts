import type { IDataObject } from 'n8n-workflow';

import { addressOf } from '../credential';
import { parseJson } from '../exactJson';
import { classifyStatus, isHtml } from '../http/classify';
import type { Connection } from '../http/connection';
import { readErrorText } from '../../failures/excerpt';
import type { RequestInfo, UnexpectedResponse } from '../../failures/explain';
import { NO_SECRETS } from '../../failures/redact';
import { say, type Text } from '../../failures/text';
import type { DesktopRequest } from './request';
import { withoutSession } from './session';

const GONE = say`The desktop and all its data have been deleted. If it was created with Delete When the Execution Ends, start a new execution of the workflow. Otherwise, create another one (Desktop → Create), or choose one from the list.`;

const HINTS: RequestInfo['hints'] = {
	400: say`Check the parameters: something is missing, has the wrong form, or is outside the screen.`,
	404: say`Check the desktop ID, or choose the desktop from the list. The desktop may have been deleted, for example at the end of the execution that created it. If the ID is right, check the desktop URL of the credential.`,
	409: say`This is not possible in the current state of the desktop. Check the desktop with Desktop → Get, wait a moment, and run the node again.`,
	410: GONE,
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

/** The hint for a response that says in words that the desktop is deleted. */
export function hintIfDeleted({ status, headers, body }: UnexpectedResponse): Record<number, Text> {
	return !isHtml(headers['content-type']) && saysDeleted(status, body) ? { [status]: GONE } : {};
}

/** Whether NenAI says that the desktop does not exist any more. An HTML page is not from NenAI. */
export function isGone({ status, headers, body }: UnexpectedResponse): boolean {
	if (isHtml(headers['content-type'])) return false;
	return status === 404 || status === 410 || saysDeleted(status, body);
}

/** The opposite of "deleted", such as "cannot be deleted now". */
const NOT_DELETED = /\b(?:not|cannot|can't|couldn't|never)\s+(?:yet\s+)?(?:be\s+)?deleted\b/i;

function saysDeleted(status: number, body: unknown): boolean {
	const text = classifyStatus(status) === 'refused' ? readErrorText(body, NO_SECRETS) : '';
	return /\bdeleted\b/i.test(text) && !NOT_DELETED.test(text);
}
