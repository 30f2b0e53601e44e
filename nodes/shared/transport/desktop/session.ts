import type { IDataObject } from 'n8n-workflow';

import { hasLink } from '../../failures/redact';
import { isObject } from '../isObject';

/** Anyone with the link of a session can use the desktop, so only the operations for sessions return it. */

/** The place of a text in a response. */
interface Place {
	/** The name of the field, or of the field with the list. */
	name: string;
	/** Whether it belongs to a session. */
	inSession: boolean;
	/** Whether it is the output of a program on the desktop, such as a browser that lists the links of a page. */
	byProgram: boolean;
	/** Whether an error quotes it. Errors leave out relative links, too. */
	quoted: boolean;
}

const LEFT_OUT = Symbol('left out');

/**
 * A response without the links and the keys of sessions, at any depth. Fields that become empty are removed as well.
 * Everything else stays. If nothing was removed, the same object is returned.
 *
 * @param ofProgram the field, if any, with the output of a program on the desktop
 * @param quoted whether an error quotes it
 */
export function withoutSession(
	answer: IDataObject,
	ofProgram?: string,
	quoted = false,
): IDataObject {
	const kept = keep(answer, { name: '', inSession: false, byProgram: false, quoted }, ofProgram);
	return kept === LEFT_OUT ? {} : (kept as IDataObject);
}

function keep(value: unknown, place: Place, ofProgram?: string): unknown {
	if (typeof value === 'string') return opensSession(value, place) ? LEFT_OUT : value;
	if (Array.isArray(value)) return keepList(value, place);
	return isObject(value) ? keepFields(value, place, ofProgram) : value;
}

function keepList(list: unknown[], place: Place): unknown {
	const kept = list.map((each) => keep(each, place));
	if (kept.every((each, index) => each === list[index])) return list;
	const left = kept.filter((each) => each !== LEFT_OUT);
	return left.length === 0 ? LEFT_OUT : left;
}

function keepFields(
	object: IDataObject,
	{ inSession, byProgram, quoted }: Place,
	ofProgram?: string,
): unknown {
	const entries = Object.entries(object);
	const isSession = inSession || ('active' in object && 'interactive' in object);
	const kept = entries.map(([name, value]): [string, unknown] => [
		name,
		keep(value, {
			name,
			inSession: isSession || /session/i.test(name),
			byProgram: byProgram || name === ofProgram,
			quoted,
		}),
	]);
	if (kept.every(([, value], index) => value === entries[index][1])) return object;
	const left = kept.filter(([, value]) => value !== LEFT_OUT);
	return left.length === 0 ? LEFT_OUT : Object.fromEntries(left);
}

/** Names of fields with a text that opens a session. */
const KEYS = /(token|secret|password|url|uri|link|href|(^|_|session)key)s?$/i;

/** Parts of links of sessions, as far as they are known. */
const OF_SESSION = /session|token|getnen\.ai/i;

/**
 * Whether this is the link or the key of a session. Outside sessions, a link counts if its field has the name that
 * NenAI uses: `href`.
 */
function opensSession(text: string, { name, inSession, byProgram, quoted }: Place): boolean {
	if (inSession)
		return (
			hasLink(text) ||
			(text !== '' && KEYS.test(name)) ||
			(/^session$/i.test(name) && text.startsWith('/'))
		);
	if (!/^href$/i.test(name)) return false;
	return quoted || (hasLink(text) && (!byProgram || OF_SESSION.test(text)));
}
