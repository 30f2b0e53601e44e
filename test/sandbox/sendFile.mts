import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { FastifyReply } from 'fastify';
import { firstBytes } from './content.mts';

export interface OutgoingFile {
	bytes: Iterable<Buffer> | AsyncIterable<Buffer>;
	size: number;
	/** Default `application/octet-stream`; null sends no Content-Type. */
	contentType?: string | null;
	contentDisposition?: string;
	/** Sent in chunks, with no Content-Length. */
	chunked?: boolean;
}

/** Where the bytes of a file stop: the connection closes, or stays open. */
export interface Stop {
	cutAfterBytes?: number;
	stallAfterBytes?: number;
}

/** Answers with a file, a block at a time. */
export async function sendFile(reply: FastifyReply, file: OutgoingFile, stop: Stop): Promise<void> {
	const {
		bytes,
		size,
		contentType = 'application/octet-stream',
		contentDisposition,
		chunked,
	} = file;
	reply.hijack();
	const response = reply.raw;
	if (contentType !== null) response.setHeader('content-type', contentType);
	if (contentDisposition !== undefined)
		response.setHeader('content-disposition', contentDisposition);
	if (!chunked) response.setHeader('content-length', size);
	response.flushHeaders();
	const stopAfter = stop.cutAfterBytes ?? stop.stallAfterBytes;
	const source = Readable.from(stopAfter === undefined ? bytes : firstBytes(bytes, stopAfter));
	try {
		await pipeline(source, response, { end: stopAfter === undefined });
		if (stop.cutAfterBytes !== undefined) response.socket?.destroySoon();
	} catch (error) {
		// The client may leave before the end; anything else is a mistake here.
		if (!response.destroyed) throw error;
	}
}
