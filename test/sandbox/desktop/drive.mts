import { createReadStream } from 'node:fs';
import { badRequest } from '../answers.mts';
import { contentBytes, contentOf, contentSize } from '../content.mts';
import type { OutgoingFile } from '../sendFile.mts';
import { desktopFileShape, type DesktopFileSpec } from './shapes.mts';
import type { Upload, Uploads } from './uploads.mts';

interface DriveFile {
	folder: string;
	name: string;
	size: number;
	/** Seconds since 1970. */
	modified: number;
	contentType: string | null | undefined;
	chunked?: boolean;
	/** null of a file that was ordered, whose bytes follow from how it was described. */
	upload: Upload | null;
	bytes: () => OutgoingFile['bytes'];
}

/** A file as tests see it. */
export interface DriveFileView {
	path: string;
	name: string;
	size: number;
	contentType: string | null;
	/** Of what was uploaded, in hexadecimal; null of a file that was ordered. */
	sha256: string | null;
}

export interface Entry {
	name: string;
	size: number;
	modified: number;
	is_dir?: true;
}

/** The files of one desktop. A folder is there as long as something is in it. */
export class Drive {
	#files = new Map<string, DriveFile>();
	#uploads: Uploads;

	constructor(uploads: Uploads) {
		this.#uploads = uploads;
	}

	/** One level; undefined when there is no such folder. */
	list(folder: string): Entry[] | undefined {
		const inside = folder === '' ? '' : `${folder}/`;
		const entries = new Map<string, Entry>();
		for (const file of this.#files.values()) {
			if (!`${file.folder}/`.startsWith(inside)) continue;
			const [child] = file.folder.slice(inside.length).split('/');
			if (child === '') entries.set(`file ${file.name}`, entryOf(file));
			else entries.set(`folder ${child}`, folderEntry(child, file.modified));
		}
		return folder === '' || entries.size > 0 ? [...entries.values()] : undefined;
	}

	get(folder: string, name: string): OutgoingFile | undefined {
		const file = this.#files.get(keyOf(folder, name));
		return file && { ...file, bytes: file.bytes() };
	}

	/** Takes the place of a file of the same name. */
	keep(folder: string, name: string, contentType: string | undefined, upload: Upload): void {
		const { file, size } = upload;
		this.#put({ folder, name, size, contentType, upload, bytes: () => createReadStream(file) });
	}

	/** Throws when the description is malformed. */
	order(spec: DesktopFileSpec): void {
		const { name, path, contentType, chunked, ...rest } = desktopFileShape.parse(spec);
		const content = contentOf({ name, ...rest });
		this.#put({
			folder: checkFolder(path),
			name: checkName(name),
			size: contentSize(content),
			contentType,
			chunked,
			upload: null,
			bytes: () => contentBytes(content),
		});
	}

	view(): DriveFileView[] {
		return [...this.#files.values()].map(
			({ folder: path, name, size, contentType = null, upload }) => ({
				path,
				name,
				size,
				contentType,
				sha256: upload?.sha256 ?? null,
			}),
		);
	}

	clear(): void {
		for (const { upload } of this.#files.values()) if (upload) this.#uploads.remove(upload.file);
		this.#files.clear();
	}

	#put(file: Omit<DriveFile, 'modified'>): void {
		const key = keyOf(file.folder, file.name);
		const before = this.#files.get(key)?.upload;
		if (before) this.#uploads.remove(before.file);
		// The newest last.
		this.#files.delete(key);
		this.#files.set(key, { ...file, modified: Date.now() / 1000 });
	}
}

/** A name as it was sent, decoded. Throws what is answered when it is none. */
export function checkName(name: string): string {
	if (name === '' || name === '.' || /[/\\]|\.\./.test(name))
		throw badRequest(`Invalid file name: ${name}`);
	return name;
}

/** A folder without slashes around it; the root is empty. Throws what is answered when it is none. */
export function checkFolder(path: unknown = ''): string {
	if (typeof path !== 'string' || /\\|\.\./.test(path))
		throw badRequest(`Invalid path: ${String(path)}`);
	return path.split('/').filter(Boolean).join('/');
}

function folderEntry(name: string, modified: number): Entry {
	return { name, size: 0, modified, is_dir: true };
}

function keyOf(folder: string, name: string): string {
	return `${folder}/${name}`;
}

function entryOf({ name, size, modified }: DriveFile): Entry {
	return { name, size, modified };
}
