/**
 * Why a text is not valid base64 (RFC 4648); undefined if it is valid. Line breaks and the variant for URLs are allowed,
 * with or without padding. Node.js decodes any text and skips invalid characters, so garbage would be sent.
 *
 * The text can be as long as a file, so each regular expression matches a single character and does not backtrack.
 */
export function problemInBase64(text: string): string | undefined {
	const trimmed = text.trim();
	const data = /[\r\n]/.test(trimmed) ? trimmed.replace(/[\r\n]/g, '') : trimmed;
	const padding = data.endsWith('==') ? 2 : data.endsWith('=') ? 1 : 0;
	const digits = data.length - padding;
	const foreign = /[^A-Za-z0-9+/_-]/.exec(padding === 0 ? data : data.slice(0, digits));
	if (foreign)
		return data.startsWith('data:')
			? 'it is a data URL: only the part after its comma is base64'
			: `it contains ${nameOf(foreign[0])}`;
	if (/[+/]/.test(data) && /[-_]/.test(data)) return 'it mixes + and / with - and _';
	if (digits % 4 === 1 || (padding > 0 && data.length % 4 !== 0))
		return 'its length is wrong, so part of it is missing';
	return isCutOff(data.slice(digits - (digits % 4), digits))
		? 'its last character is wrong, so part of it is missing'
		: undefined;
}

/** Whether the last characters, if fewer than four, hold bits of an incomplete byte. */
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
