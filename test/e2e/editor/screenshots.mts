/** The pictures of the documentation, taken from what a test has just brought onto the screen. */
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import type { Picture } from './pictures.mts';

/** With `UPDATE_SCREENSHOTS=1` the pictures of the documentation are renewed; else they only have to be such that they could be. */
const UPDATE = process.env.UPDATE_SCREENSHOTS === '1';

/** What lies over the page for a moment, or points to where the mouse is. */
const WITHOUT_EPHEMERA = `
	.el-notification, [data-sonner-toaster], .el-overlay-message-box, [role="tooltip"], [data-test-id="floating-nodes"] { display: none !important; }
	/* n8n's own field of every credential: its form is not high enough for all. */
	[data-test-id="editCredential-modal"] form:has([data-test-id="allowedHttpRequestDomains"]) { display: none !important; }
`;

/** A picture of nothing takes less, one that is too large more. */
const BYTES = { min: 8_000, max: 200_000 };
const PIXELS = { width: 300, height: 150 };

export interface ScreenshotOptions {
	/** Every picture is taken into this folder. */
	folder: string;
	/** The pictures of the documentation. */
	published: string;
	/** Addresses of this machine, and what stands for them in a picture: ports change with each run. */
	addresses: Readonly<Record<string, string>>;
	/** What no picture may show. */
	secrets: readonly string[];
}

export class Screenshots {
	readonly taken: Picture[] = [];
	readonly #options: ScreenshotOptions;

	constructor(options: ScreenshotOptions) {
		mkdirSync(options.folder, { recursive: true });
		this.#options = options;
	}

	/**
	 * Takes a picture of an element.
	 *
	 * @throws Error when it would show a secret or a path of this machine, shows nothing, or is too large
	 */
	async take(name: Picture, element: Locator): Promise<void> {
		const page = element.page();
		// Nothing may look hovered.
		await page.mouse.move(0, 0);
		await page.evaluate(() => document.fonts.ready);
		const restore = await this.#showPublicAddresses(element);
		const path = join(this.#options.folder, `${name}.png`);
		try {
			this.#refuseSecrets(name, await textOf(element));
			await element.screenshot({
				path,
				style: WITHOUT_EPHEMERA,
				animations: 'disabled',
				caret: 'hide',
			});
		} finally {
			await restore();
		}
		checkPicture(name, readFileSync(path));
		this.taken.push(name);
		if (UPDATE) {
			mkdirSync(this.#options.published, { recursive: true });
			copyFileSync(path, join(this.#options.published, `${name}.png`));
		}
	}

	/** Only texts and values: the editors of expressions would take it for something that was typed. */
	async #showPublicAddresses(element: Locator): Promise<() => Promise<void>> {
		const handle = await element.evaluateHandle((root, addresses) => {
			const replace = (text: string) =>
				Object.entries(addresses)
					.reduce((result, [from, to]) => result.replaceAll(from, to), text)
					// What makes a link to a file a secret.
					.replaceAll(/signature=[0-9a-f]+/g, 'signature=…');
			const undo: Array<() => void> = [];
			const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
			for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
				const [text, before] = [node, node.nodeValue ?? ''];
				if (replace(before) === before || text.parentElement?.closest('[contenteditable]'))
					continue;
				text.nodeValue = replace(before);
				undo.push(() => (text.nodeValue = before));
			}
			for (const input of Array.from(root.querySelectorAll('input, textarea'))) {
				if (!(input instanceof HTMLInputElement || input instanceof HTMLTextAreaElement)) continue;
				const before = input.value;
				if (replace(before) === before) continue;
				input.value = replace(before);
				undo.push(() => (input.value = before));
			}
			return undo;
		}, this.#options.addresses);
		return async () => {
			await handle.evaluate((undo) => undo.forEach((step) => step()));
			await handle.dispose();
		};
	}

	#refuseSecrets(name: string, shown: string): void {
		const found = [...this.#options.secrets, ...Object.keys(this.#options.addresses)].filter(
			(text) => shown.includes(text),
		);
		if (found.length > 0)
			throw new Error(`The picture "${name}" would show ${found.length} text(s) that it must not`);
		if (/signature=[0-9a-f]/.test(shown))
			throw new Error(`The picture "${name}" would show the signature of a link`);
		const path = /\/(tmp|home|root|work)\/\S+/.exec(shown)?.[0];
		if (path !== undefined)
			throw new Error(`The picture "${name}" would show a path of this machine: ${path}`);
	}
}

/** All that is to be read in an element: its text, and what its open fields hold. */
async function textOf(element: Locator): Promise<string> {
	const values = await element
		.locator('input:not([type="password"]), textarea')
		.evaluateAll((fields) =>
			fields.map((field) =>
				field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement
					? field.value
					: '',
			),
		);
	return [await element.innerText(), ...values].join('\n');
}

function checkPicture(name: string, png: Buffer): void {
	// Width and height stand at the beginning of the PNG format's first part.
	const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)];
	const what = `The picture "${name}" (${width} x ${height}, ${png.length} bytes)`;
	if (width < PIXELS.width || height < PIXELS.height)
		throw new Error(`${what} is too small to show anything`);
	if (png.length < BYTES.min) throw new Error(`${what} shows next to nothing`);
	if (png.length > BYTES.max) throw new Error(`${what} is larger than ${BYTES.max} bytes`);
}
