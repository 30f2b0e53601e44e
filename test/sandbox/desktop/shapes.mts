/** What can be told to the Desktop API. As in `../shapes.mts`, every schema is strict. */
import { z } from 'zod';
import { answerShape, contentShape, count, json, wait } from '../basicShapes.mts';

export const desktopFaultShape = z
	.object({
		/** Wait before anything is decided: nothing has been done yet. */
		latencyMs: wait.optional(),
		/** This answer in place of doing anything. An upload gets it before its body is read. */
		refuse: answerShape.optional(),
		/** An upload is refused after so many bytes of its body, while the rest still comes. */
		refuseAfterBytes: wait.optional(),
		/**
		 * `drop-before-acting` / `silent-before-acting`: closed / never answered, and nothing is done.
		 * `drop-after-acting` / `silent-after-acting`: done and recorded, then closed / never answered.
		 * `cut-answer`: done and recorded, and half of the answer arrives.
		 */
		connection: z
			.enum([
				'drop-before-acting',
				'silent-before-acting',
				'drop-after-acting',
				'silent-after-acting',
				'cut-answer',
			])
			.optional(),
		/** It is done, but this JSON is the answer. */
		answer: z.unknown(),
		/** It is done, but this is the answer: of another status, or no JSON. */
		wholeAnswer: answerShape.optional(),
		/** The connection closes after so many bytes of a file, downloaded or uploaded; no half file is kept. */
		cutAfterBytes: wait.optional(),
		/** No more bytes of a file are sent, or taken, after so many, and the connection stays open. */
		stallAfterBytes: wait.optional(),
	})
	.strict();
/** What goes wrong, or just otherwise than usual, with one request to the Desktop API. */
export type DesktopFault = z.infer<typeof desktopFaultShape>;

export const desktopFaultRuleShape = desktopFaultShape
	.extend({
		/** Which requests it is for; all that is given must fit. Default: every one with the right key. */
		match: z
			.object({
				/** Of HTTP. */
				method: z.string().optional(),
				/** A part of the path, such as `/session`, as it was sent. */
				path: z.string().optional(),
				tool: z.string().optional(),
				/** Of a tool, such as `left_click`. */
				action: z.string().optional(),
				desktopId: z.string().optional(),
			})
			.strict()
			.refine((match) => Object.keys(match).length > 0, { message: 'match names nothing' })
			.optional(),
		/** How many requests it is for. Default: no limit. */
		times: count.optional(),
	})
	.refine(({ refuse, refuseAfterBytes }) => refuse || refuseAfterBytes === undefined, {
		message: 'refuseAfterBytes needs refuse',
	});
export type DesktopFaultRule = z.infer<typeof desktopFaultRuleShape>;

/** A tool that desktops have beside `computer`. */
export const desktopToolShape = z
	.object({
		name: z.string().min(1),
		description: z.string(),
		/** A JSON Schema of `action` and, beside it, the action's parameters. It is held to. */
		parameters: json,
		/** What its actions are answered. Default: `status` and `output`. */
		answer: json.optional(),
	})
	.strict();
export type DesktopTool = z.infer<typeof desktopToolShape>;

/** In pixels. */
export const screenShape = z
	.object({
		width: z.number().int().min(320).max(8000),
		height: z.number().int().min(200).max(8000),
	})
	.strict();
export type Screen = z.infer<typeof screenShape>;

/** A desktop that nobody has asked for over the API. */
export const desktopShape = z
	.object({
		name: z.string().optional(),
		/** Entries of its log from before the actions that are done on it. */
		toolLogs: z.array(z.unknown()).optional(),
		/** How long ago it was created. Default: now. */
		ageSeconds: z.number().min(0).optional(),
		/** Default `running`. */
		status: z.enum(['running', 'deleted']).optional(),
	})
	.strict();
export type DesktopSpec = z.infer<typeof desktopShape>;

/** A file on a desktop's drive that nobody has uploaded. */
export const desktopFileShape = contentShape.extend({
	/** Its folder, such as `Reports/2026`. Default: the root. */
	path: z.string().optional(),
});
export type DesktopFileSpec = z.infer<typeof desktopFileShape>;
