import type { IBinaryData } from 'n8n-workflow';

const ANY = 'application/octet-stream';

/**
 * Types that servers send for an unknown file: S3 by default, and servers that want the file to be saved instead of
 * shown.
 */
const SAYS_NOTHING =
	/^$|^\*\/\*$|^(binary|application)\/(x-)?(octet-stream|binary|download|force-download|unknown)$/;

/**
 * The type of a file in its header. If the header does not say it, n8n determines it from the extension.
 *
 * @returns undefined if n8n is to determine it
 */
export function typeOf(header: unknown, fileName: string): string | undefined {
	const type = typeof header === 'string' ? header.split(';')[0].trim().toLowerCase() : '';
	if (!SAYS_NOTHING.test(type)) return type;
	return /\.[A-Za-z0-9]+$/.test(fileName) ? undefined : ANY;
}

/** Extensions of files that really are `text/plain`. */
const PLAIN_TEXT = /\.(txt|text|conf|def|list|log|in|ini)$/i;

/**
 * Corrects n8n's type `text/plain` for a file whose extension n8n does not know: docs/internals/n8n-behaviour.md#files
 */
export function giveType(
	binary: IBinaryData,
	asked: string | undefined,
	fileName: string,
): IBinaryData {
	const isGuess =
		asked === undefined && binary.mimeType === 'text/plain' && !PLAIN_TEXT.test(fileName);
	return isGuess ? { ...binary, mimeType: ANY, fileType: undefined } : binary;
}
