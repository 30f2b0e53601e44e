import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { sendAnswer } from './answers.mts';
import { contentBytes, contentOf, contentSha256, contentSize, type Content } from './content.mts';
import { sampleRecord } from './sampleRecord.mts';
import { sendFile } from './sendFile.mts';
import { fileShape, type Answer, type FileFault, type FileSpec, type Settings } from './shapes.mts';

type StoredFile = { spec: FileSpec; content: Content; faultsLeft: number };

/** The files behind presigned URLs. */
export class Files {
	#files = new Map<string, StoredFile>();
	#key = randomBytes(32);
	#settings: () => Settings;
	#address: () => string;

	/** `address` is what presigned URLs begin with, without a slash at the end. */
	constructor(settings: () => Settings, address: () => string) {
		this.#settings = settings;
		this.#address = address;
	}

	/** Stores a file and gives its id. */
	add(spec: FileSpec): string {
		const parsed = fileShape.parse(spec);
		return this.#store(parsed, contentOf(parsed));
	}

	/** A presigned URL, which works until `expiresAt` (Unix seconds; default after `urlLifetimeSeconds`). */
	url(
		id: string,
		expiresAt = Math.floor(Date.now() / 1000 + this.#settings().urlLifetimeSeconds),
	): string {
		const path = `/files/${id}/${encodeURIComponent(this.#get(id).spec.name)}`;
		return `${this.#address()}${path}?expires=${expiresAt}&signature=${this.#signature(path, String(expiresAt))}`;
	}

	/** In hexadecimal. */
	sha256(id: string): string {
		return contentSha256(this.#get(id).content);
	}

	/** A new presigned URL of the file that a successful run has when nothing else was said. */
	assetsUrl(): string {
		const spec = { name: 'sample-record.png', contentType: 'image/png' };
		return this.url(this.#store(spec, { bytes: sampleRecord }));
	}

	clear(): void {
		this.#files.clear();
	}

	/** Why a URL is refused, or the file behind it. */
	open(target: string): Answer | StoredFile {
		const { pathname, searchParams } = new URL(target, 'http://sandbox');
		const expires = searchParams.get('expires') ?? '';
		if (searchParams.get('signature') !== this.#signature(pathname, expires))
			return xmlError(
				403,
				'SignatureDoesNotMatch',
				'The request signature we calculated does not match.',
			);
		if (Date.now() / 1000 >= Number(expires))
			return xmlError(403, 'AccessDenied', 'Request has expired');
		return (
			this.#files.get(pathname.split('/')[2]) ??
			xmlError(404, 'NoSuchKey', 'The specified key does not exist.')
		);
	}

	#store(spec: FileSpec, content: Content): string {
		const id = randomUUID();
		this.#files.set(id, { spec, content, faultsLeft: spec.fault?.times ?? Infinity });
		return id;
	}

	#get(id: string): StoredFile {
		const file = this.#files.get(id);
		if (!file) throw new Error(`No file ${id}`);
		return file;
	}

	#signature(path: string, expires: string): string {
		return createHmac('sha256', this.#key).update(`${path}?${expires}`).digest('hex');
	}
}

type Wait = (ms: number) => Promise<void>;

export function registerFiles(app: FastifyInstance, files: Files, wait: Wait): void {
	app.get('/files/*', async (request, reply) => serve(request, reply, files, wait));
}

async function serve(
	request: FastifyRequest,
	reply: FastifyReply,
	files: Files,
	wait: Wait,
): Promise<FastifyReply | void> {
	// As a store does: a presigned URL is all the authentication there may be.
	if (request.headers.authorization)
		return sendAnswer(reply, xmlError(400, 'InvalidArgument', 'Only one auth mechanism allowed.'));
	const file = files.open(request.url);
	if ('status' in file) return sendAnswer(reply, file);
	const fault = takeFault(file);
	await wait(fault.delayMs ?? 0);
	if (fault.redirectTo)
		return sendAnswer(reply, { status: 302, headers: { location: fault.redirectTo } });
	if (fault.status)
		return sendAnswer(reply, xmlError(fault.status, 'SandboxFault', `Error ${fault.status}`));
	const { spec, content } = file;
	return sendFile(
		reply,
		{ ...spec, bytes: contentBytes(content), size: contentSize(content) },
		fault,
	);
}

function takeFault(file: StoredFile): FileFault {
	if (file.faultsLeft === 0) return {};
	file.faultsLeft -= 1;
	return file.spec.fault ?? {};
}

function xmlError(status: number, code: string, message: string): Answer {
	return {
		status,
		contentType: 'application/xml',
		body: `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`,
	};
}
