import type { IBinaryData } from 'n8n-workflow';

const ANY = 'application/octet-stream';

/** What servers say of a file of which they know nothing: S3 by default, and those that want it saved and not shown. */
const SAYS_NOTHING =
	/^$|^\*\/\*$|^(binary|application)\/(x-)?(octet-stream|binary|download|force-download|unknown)$/;

/**
 * The type of a file as its header says it. Where that says nothing, n8n finds it by the extension of the name.
 *
 * @returns undefined where n8n shall look
 */
export function typeOf(header: unknown, fileName: string): string | undefined {
	const type = typeof header === 'string' ? header.split(';')[0].trim().toLowerCase() : '';
	if (!SAYS_NOTHING.test(type)) return type;
	return /\.[A-Za-z0-9]+$/.test(fileName) ? undefined : ANY;
}

/** Extensions that do mean `text/plain`. */
const PLAIN_TEXT = /\.(txt|text|conf|def|list|log|in|ini)$/i;

/** Takes back that n8n calls a file a plain text whose extension it does not know. */
export function giveType(
	binary: IBinaryData,
	asked: string | undefined,
	fileName: string,
): IBinaryData {
	const isGuess =
		asked === undefined && binary.mimeType === 'text/plain' && !PLAIN_TEXT.test(fileName);
	return isGuess ? { ...binary, mimeType: ANY, fileType: undefined } : binary;
}
