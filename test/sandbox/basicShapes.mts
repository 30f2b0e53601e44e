/** What the shapes of several files are made of. */
import { z } from 'zod';

export const wait = z.number().int().min(0);
export const count = z.number().int().min(1);
export const json = z.record(z.unknown());
export const headers = z.record(z.string());

/** An HTTP answer. */
export const answerShape = z
	.object({
		status: z.number().int().min(200).max(599),
		/** A string is sent as it is, anything else as JSON; without it the body is empty. */
		body: z.union([z.string(), json]).optional(),
		/** Default: `application/json` for an object, `text/plain` for a string. */
		contentType: z.string().optional(),
		headers: headers.optional(),
		/** Adds a `Retry-After` header, as a number of seconds or as an HTTP date (whole seconds, rounded up). */
		retryAfter: z
			.object({ seconds: z.number().min(0), as: z.enum(['seconds', 'date']) })
			.strict()
			.optional(),
	})
	.strict();
export type Answer = z.infer<typeof answerShape>;

/** What the files behind presigned URLs and those of desktops have in common. */
export const contentShape = z
	.object({
		name: z.string().min(1),
		/** Bytes of deterministic content; or give `text`. */
		size: wait.optional(),
		/** Two files of the same seed and size have the same bytes. Default: the name. */
		seed: z.string().optional(),
		text: z.string().optional(),
		/** Default `application/octet-stream`; null sends no Content-Type. */
		contentType: z.string().nullable().optional(),
		/** Sent in chunks, with no Content-Length. */
		chunked: z.boolean().optional(),
	})
	.strict();
