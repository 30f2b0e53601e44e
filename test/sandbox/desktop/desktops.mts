import { randomBytes } from 'node:crypto';
import { badRequest, httpError } from '../answers.mts';
import type { Settings } from '../shapes.mts';
import { newComputer, type Computer } from './computer.mts';
import { Drive, type DriveFileView } from './drive.mts';
import { desktopShape, type DesktopFileSpec, type DesktopSpec } from './shapes.mts';
import type { Upload, Uploads } from './uploads.mts';

/** Where the pages are that the links of sessions lead to. */
export const sessionPath = '/desktop-sessions';

export interface Session {
	href: string;
	active: boolean;
	interactive: boolean;
}

/** A desktop as the API tells of it. Times are seconds since 1970. */
export interface ListedDesktop {
	desktop_id: string;
	desktop_type: string;
	status: 'running' | 'deleted';
	workspace_id: string;
	name?: string;
	created_at: number;
	updated_at: number;
	/** Only while one is open. Anyone with its link can use the desktop. */
	session?: Session;
}

interface Desktop {
	listed: ListedDesktop;
	computer: Computer;
	session: Session | null;
	drive: Drive;
	earlierLogs: unknown[];
}

/** A desktop as tests see it. */
export interface DesktopView extends Computer {
	desktopId: string;
	name: string | null;
	status: ListedDesktop['status'];
	session: Session | null;
	files: DriveFileView[];
}

/** The desktops, in the order in which they were made. */
export class Desktops {
	#desktops = new Map<string, Desktop>();
	#settings: () => Settings;
	#uploads: Uploads;
	#url: () => string;

	/** @param url the address of the sandbox, where the pages of sessions are */
	constructor(settings: () => Settings, uploads: Uploads, url: () => string) {
		this.#settings = settings;
		this.#uploads = uploads;
		this.#url = url;
	}

	/** Makes a desktop that nobody has asked for over the API, and gives its id. Throws when malformed. */
	add(spec: DesktopSpec = {}): string {
		const { name, status, ageSeconds = 0, toolLogs = [] } = desktopShape.parse(spec);
		const listed = this.create();
		const { desktop_id: id } = listed;
		listed.created_at -= Math.round(ageSeconds);
		this.#find(id).earlierLogs.push(...toolLogs);
		if (name !== undefined) this.rename(id, name);
		if (status === 'deleted') this.delete(id);
		return id;
	}

	/** Puts a file on the drive of a desktop, in place of one of the same name. Throws when malformed. */
	addFile(id: string, spec: DesktopFileSpec): void {
		const desktop = this.#desktops.get(id);
		if (!desktop) throw badRequest(`No desktop ${id}`);
		desktop.drive.order(spec);
	}

	get(id: string): DesktopView | undefined {
		const desktop = this.#desktops.get(id);
		return desktop && view(desktop);
	}

	all(): DesktopView[] {
		return [...this.#desktops.values()].map(view);
	}

	create(): ListedDesktop {
		const now = unixTime();
		const listed: ListedDesktop = {
			desktop_id: `dsk_${randomBytes(10).toString('hex')}`,
			desktop_type: 'sandbox',
			status: 'running',
			workspace_id: 'wks_sandbox',
			created_at: now,
			updated_at: now,
		};
		this.#desktops.set(listed.desktop_id, {
			listed,
			computer: newComputer(this.#settings().desktopScreen),
			session: null,
			drive: new Drive(this.#uploads),
			earlierLogs: [],
		});
		return listed;
	}

	/** Those that are not deleted. */
	list(): ListedDesktop[] {
		return [...this.#desktops.values()].flatMap((desktop) =>
			desktop.listed.status === 'deleted' ? [] : [told(desktop)],
		);
	}

	/** A deleted one too. Throws what is answered when there is none. */
	read(id: string): ListedDesktop {
		return told(this.#find(id));
	}

	rename(id: string, name: string): ListedDesktop {
		const desktop = this.running(id);
		Object.assign(desktop.listed, { name, updated_at: unixTime() });
		return told(desktop);
	}

	/** With all that is on it. */
	delete(id: string): Pick<ListedDesktop, 'desktop_id' | 'status'> {
		const desktop = this.running(id);
		desktop.session = null;
		desktop.drive.clear();
		const { status } = Object.assign(desktop.listed, { status: 'deleted', updated_at: unixTime() });
		return { desktop_id: id, status };
	}

	/** One that can be acted on. Throws what is answered when it cannot. */
	running(id: string): Desktop {
		const desktop = this.#find(id);
		if (desktop.listed.status === 'deleted') throw httpError(410, `Desktop ${id} is deleted`);
		return desktop;
	}

	/** Makes a session, or joins the one that there is. */
	openSession(id: string): Session {
		const desktop = this.running(id);
		const token = randomBytes(24).toString('base64url');
		const href = `${this.#url()}${sessionPath}/${id}?token=${token}`;
		desktop.session ??= { href, active: true, interactive: true };
		return desktop.session;
	}

	/** Throws what is answered when there is none. */
	session(id: string): Session {
		const { session } = this.running(id);
		if (!session) throw httpError(404, `Desktop ${id} has no session`);
		return session;
	}

	closeSession(id: string): void {
		this.session(id);
		this.running(id).session = null;
	}

	/** Whether this is the link of the session that is open on a desktop. */
	opens(id: string, token: unknown): boolean {
		const href = this.#desktops.get(id)?.session?.href;
		return href !== undefined && new URL(href).searchParams.get('token') === token;
	}

	/** Takes an upload to a desktop, which may have been deleted while it came: then it throws what is answered. */
	keepFile(
		id: string,
		folder: string,
		name: string,
		type: string | undefined,
		upload: Upload,
	): void {
		if (this.#desktops.get(id)?.listed.status !== 'running') this.#uploads.remove(upload.file);
		this.running(id).drive.keep(folder, name, type, upload);
	}

	reset(): void {
		this.#desktops.clear();
		this.#uploads.clear();
	}

	#find(id: string): Desktop {
		const desktop = this.#desktops.get(id);
		if (!desktop) throw httpError(404, `Desktop ${id} not found`);
		return desktop;
	}
}

/** As the API tells of it. */
function told({ listed, session }: Desktop): ListedDesktop {
	return session === null ? listed : { ...listed, session };
}

function view({ listed, computer, session, drive }: Desktop): DesktopView {
	const { desktop_id: desktopId, name = null, status } = listed;
	return { desktopId, name, status, session, ...computer, files: drive.view() };
}

function unixTime(): number {
	return Math.floor(Date.now() / 1000);
}
