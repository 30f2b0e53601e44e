/**
 * Why a text is not valid base64 (RFC 4648); undefined if it is valid. Line breaks are fine, and so is the form for URLs, with or
 * without padding. Node.js reads any text as base64 and leaves out what it does not know, so that garbage would be sent.
 *
 * A text may be as long as a file: each expression looks for a single character and never goes back.
 */
export function problemInBase64(text: string): string | undefined {
	const trimmed = text.trim();
	const data = /[\r\n]/.test(trimmed) ? trimmed.replace(/[\r\n]/g, '') : trimmed;
	const padding = data.endsWith('==') ? 2 : data.endsWith('=') ? 1 : 0;
	const digits = data.length - padding;
	const foreign = /[^A-Za-z0-9+/_-]/.exec(padding === 0 ? data : data.slice(0, digits));
	if (foreign)
		return data.startsWith('data:')
			? 'it is a data URL: only what follows its comma is base64'
			: `it has ${nameOf(foreign[0])} in it`;
	if (/[+/]/.test(data) && /[-_]/.test(data)) return 'it mixes + and / with - and _';
	if (digits % 4 === 1 || (padding > 0 && data.length % 4 !== 0))
		return 'its length is wrong, so a part of it is missing';
	return isCutOff(data.slice(digits - (digits % 4), digits))
		? 'its last character is wrong, so a part of it is missing'
		: undefined;
}

/** Whether the last characters, where they are fewer than four, hold bits of a byte that is not there. */
function isCutOff(last: string): boolean {
	const isForUrls = /[-_]/.test(last);
	return (
		Buffer.from(last, 'base64')
			.toString(isForUrls ? 'base64url' : 'base64')
			.replace(/=/g, '') !== last
	);
}

function nameOf(character: string): string {
	if (character === ' ') return 'a space';
	return character === '=' ? 'an equals sign' : JSON.stringify(character);
}
