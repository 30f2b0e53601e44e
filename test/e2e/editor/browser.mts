/** Debian's chromium, logged in to n8n's editor as its owner. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, selectors, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { TEST_OWNER } from '../../n8n/client.mts';
import { CHROMIUM, findProgram } from '../programs.mts';

export type Theme = 'light' | 'dark';

export const WINDOW = { width: 1280, height: 800 };

/** For whatever the editor shows: generous, since a busy machine takes its time. */
const TIMEOUT_MS = 60_000;

const FLAGS = [
	'--no-sandbox',
	'--disable-gpu',
	'--disable-quic',
	'--no-first-run',
	'--disable-background-networking',
	'--disable-component-update',
	'--disable-sync',
	// The editor asks n8n's makers for news and templates; the answer would change what is tested.
	'--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
];

/** n8n marks its elements with this attribute. */
selectors.setTestIdAttribute('data-test-id');

/** One browser with a fresh profile, and a session for each theme that is asked for. */
export class EditorBrowser {
	readonly #browser: Browser;
	readonly #url: string;
	readonly #sessions = new Map<Theme, Promise<BrowserContext>>();

	private constructor(browser: Browser, url: string) {
		this.#browser = browser;
		this.#url = url;
	}

	/**
	 * @param url n8n's address
	 * @param folder for what chromium writes beside its profile; the caller removes it
	 * @throws Error that names the Debian package when chromium is missing
	 */
	static async start(url: string, folder: string): Promise<EditorBrowser> {
		const env = { ...process.env, XDG_CONFIG_HOME: folder, XDG_CACHE_HOME: folder };
		return new EditorBrowser(
			await chromium.launch({
				executablePath: findProgram(CHROMIUM),
				headless: true,
				args: FLAGS,
				env,
			}),
			url,
		);
	}

	/** A new tab on a path of the editor, or on another page. */
	async open(path: string, theme: Theme = 'light'): Promise<Page> {
		const page = await (await this.#session(theme)).newPage();
		await page.goto(new URL(path, this.#url).href);
		return page;
	}

	/** Closes every tab. Sessions stay. */
	async closeTabs(): Promise<void> {
		await Promise.all(this.#tabs().map((page) => page.close()));
	}

	/** Keeps what every open tab shows, and returns the paths. */
	async photograph(folder: string, name: string): Promise<string[]> {
		mkdirSync(folder, { recursive: true });
		const paths = this.#tabs().map((_, index) => join(folder, `${name}-${index + 1}.png`));
		await Promise.all(this.#tabs().map((page, index) => page.screenshot({ path: paths[index] })));
		return paths;
	}

	async close(): Promise<void> {
		await this.#browser.close();
	}

	#tabs(): Page[] {
		return this.#browser.contexts().flatMap((context) => context.pages());
	}

	async #session(theme: Theme): Promise<BrowserContext> {
		const session = this.#sessions.get(theme) ?? this.#login(theme);
		this.#sessions.set(theme, session);
		return await session;
	}

	async #login(colorScheme: Theme): Promise<BrowserContext> {
		const context = await this.#browser.newContext({ viewport: WINDOW, colorScheme });
		context.setDefaultTimeout(TIMEOUT_MS);
		const { email: emailOrLdapLoginId, password } = TEST_OWNER;
		const answer = await context.request.post(`${this.#url}/rest/login`, {
			data: { emailOrLdapLoginId, password },
		});
		if (!answer.ok()) throw new Error(`n8n rejected the login with HTTP ${answer.status()}`);
		return context;
	}
}
