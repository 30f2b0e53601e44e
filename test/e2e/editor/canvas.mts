/** The canvas of a workflow, and the panel in which nodes are searched. */
import type { Locator, Page } from 'playwright-core';

export class Canvas {
	readonly page: Page;

	constructor(page: Page) {
		this.page = page;
	}

	node(name: string): Locator {
		return this.page.locator(`[data-test-id="canvas-node"][data-node-name="${name}"]`);
	}

	/** What stands beside an output. */
	outputLabel(label: string): Locator {
		return this.page.locator('[class*="outputLabel"]').getByText(label, { exact: true });
	}

	/** Opens a node's form with a double click. */
	async openNode(name: string): Promise<void> {
		await this.node(name).dblclick();
		await this.page.getByTestId('ndv').waitFor();
	}

	/** Closes the form that is open. */
	async closeNode(): Promise<void> {
		await this.page.getByTestId('ndv-close-button').click();
		await this.page.getByTestId('ndv').waitFor({ state: 'hidden' });
	}

	/** Clicks where nothing is, so that no node is marked. */
	async deselect(): Promise<void> {
		await this.page.getByTestId('canvas-wrapper').click({ position: { x: 700, y: 60 } });
	}

	/** Where there are several triggers, from the one of this name. */
	async execute(trigger?: string): Promise<void> {
		if (trigger === undefined) await this.page.getByTestId('execute-workflow-button').click();
		else {
			await this.node(trigger).hover();
			await this.page.getByTestId(`execute-workflow-button-${trigger}`).click();
		}
	}

	/** Waits until a node has the green tick. */
	async untilSuccess(name: string, timeout?: number): Promise<void> {
		await this.node(name).getByTestId('canvas-node-status-success').waitFor({ timeout });
	}

	/** Waits until a node is drawn as one that waits. */
	async untilWaiting(name: string): Promise<void> {
		await this.node(name).locator('.waiting').waitFor();
	}
}

export class NodesPanel {
	readonly root: Locator;

	constructor(page: Page) {
		this.root = page.getByTestId('node-creator');
	}

	/** Searches from the empty canvas. */
	static async search(page: Page, text: string): Promise<NodesPanel> {
		await page.getByTestId('canvas-plus-button').click();
		await page.getByTestId('node-creator-search-bar').fill(text);
		return new NodesPanel(page);
	}

	/** A line of the list, by its exact title. */
	item(title: string): Locator {
		const name = this.root
			.page()
			.getByTestId('node-creator-item-name')
			.getByText(title, { exact: true });
		return this.root.getByTestId('item-iterator-item').filter({ has: name });
	}

	/** Opens the list of what a node and its trigger can do. n8n folds away what does not fit an empty canvas. */
	async openActions(title: string): Promise<void> {
		await this.item(title).click();
		await this.root
			.getByTestId('node-creator-category-item')
			.filter({ hasText: 'Actions' })
			.click();
	}

	/** Titles of all lines that are shown, from top to bottom. */
	async titles(): Promise<string[]> {
		return await this.root.getByTestId('node-creator-item-name').allInnerTexts();
	}
}

/** The file of the icon of a line, and whether the browser could load and draw it. */
export async function iconOf(item: Locator): Promise<{ file: string; loaded: boolean }> {
	return await item
		.locator('img')
		.first()
		.evaluate(async (element) => {
			if (!(element instanceof HTMLImageElement)) throw new Error('The icon is not an image');
			// Rejects when the file is missing or is no image.
			await element.decode().catch(() => undefined);
			return {
				file: new URL(element.src).pathname.replace(/.*\//, ''),
				loaded: element.naturalWidth > 0,
			};
		});
}
