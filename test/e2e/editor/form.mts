/** The form of a node, between its input and its output. */
import type { Locator, Page } from 'playwright-core';

export class NodeForm {
	readonly root: Locator;
	readonly input: Locator;
	readonly output: Locator;
	/** Parameters only; the tab "Settings" is in the page as well, hidden. */
	readonly parameters: Locator;

	constructor(page: Page) {
		this.root = page.getByTestId('ndv');
		this.input = page.getByTestId('ndv-input-panel');
		this.output = page.getByTestId('output-panel');
		this.parameters = this.root.getByTestId('node-parameters');
	}

	/** One parameter by its name in the workflow's JSON. */
	field(name: string): Locator {
		return this.parameters.getByTestId(`parameter-input-${name}`);
	}

	/** A parameter whose value is picked from a list, or entered. */
	locator(name: string): ResourceLocator {
		return new ResourceLocator(this.parameters.getByTestId(`resource-locator-${name}`));
	}

	/** Labels that are to be seen, from top to bottom. */
	async labels(): Promise<string[]> {
		const titles = this.parameters
			.getByTestId('input-label')
			.locator('label > div:first-child > div:first-child > span');
		return (await titles.filter({ visible: true }).allInnerTexts()).map((text) => text.trim());
	}

	/** Waits until a label is, or is not, to be seen: the form is drawn anew a moment after a choice. */
	async until(label: string, state: 'visible' | 'hidden' = 'visible'): Promise<void> {
		await this.label(label).waitFor({ state });
	}

	label(text: string): Locator {
		return this.parameters
			.locator('label')
			.filter({ has: this.root.page().getByText(text, { exact: true }) });
	}

	/** What the question mark beside a label says. */
	async tooltip(label: string): Promise<string> {
		await this.label(label).hover();
		await this.label(label).locator('span[data-grace-area-trigger]').first().hover();
		return (
			await this.root.page().locator('[data-side]').filter({ visible: true }).innerText()
		).trim();
	}

	async placeholder(name: string): Promise<string | null> {
		return await this.field(name).locator('input').getAttribute('placeholder');
	}

	/** Picks from a list. */
	async choose(name: string, option: string): Promise<void> {
		await this.field(name).click();
		await this.#pick(option);
	}

	/** What a list offers, without n8n's own "Custom API Call". */
	async choices(name: string): Promise<string[]> {
		await this.field(name).click();
		const shown = this.root.page().getByRole('option').filter({ visible: true });
		await shown.first().waitFor();
		const titles = (await shown.allInnerTexts()).map((text) => text.split('\n')[0].trim());
		await this.root.page().keyboard.press('Escape');
		await shown.first().waitFor({ state: 'hidden' });
		return titles.filter((title) => title !== 'Custom API Call');
	}

	/** Adds one of the options that are not shown at first. */
	async addOption(option: string): Promise<void> {
		await this.parameters.getByTestId('collection-parameter-add').click();
		await this.#pick(option);
	}

	/** Picks a stored credential for the node. */
	async pickCredential(name: string): Promise<void> {
		await this.root.getByTestId('node-credentials-select').click();
		await this.root
			.page()
			.locator('[data-test-id^="node-credentials-select-item-"]')
			.filter({ hasText: name })
			.first()
			.click();
	}

	async executeStep(): Promise<void> {
		await this.root.getByTestId('node-execute-button').first().click();
	}

	/** Runs what comes before, so that there is an item to drag from. */
	async fetchInput(): Promise<void> {
		await this.input.getByTestId('execute-previous-node').click();
		await this.inputField('patient').waitFor();
	}

	/** A field of the input item, as the panel on the left lists it. */
	inputField(name: string): Locator {
		return this.input.locator(`[data-test-id="run-data-schema-node-name"][data-name="${name}"]`);
	}

	/** Drags as a hand does: n8n reacts to the movement. */
	async drag(from: Locator, to: Locator): Promise<void> {
		const { mouse } = this.root.page();
		await from.hover();
		await mouse.down();
		const start = await centreOf(from);
		await mouse.move(start.x + 20, start.y + 20, { steps: 5 });
		const end = await centreOf(to);
		await mouse.move(end.x, end.y, { steps: 10 });
		await mouse.up();
	}

	/** A line of "Parameter Values". */
	assignment(index: number): { row: Locator; name: Locator; value: Locator } {
		const row = this.parameters.getByTestId('assignment').nth(index);
		return {
			row,
			name: row.getByTestId('assignment-name').locator('input'),
			value: row.getByTestId('assignment-value'),
		};
	}

	/** Adds a line of "Parameter Values" and fills it in by hand. */
	async typeAssignment(name: string, type: string, value: string): Promise<void> {
		const rows = this.parameters.getByTestId('assignment');
		const index = await rows.count();
		await this.parameters.getByText('Add Field', { exact: true }).click();
		const added = this.assignment(index);
		await added.name.fill(name);
		await added.row.getByTestId('assignment-type-select').click();
		await this.root.page().getByRole('menuitem', { name: type, exact: true }).click();
		await added.value.locator('input').fill(value);
	}

	/** Replaces the text of a field for code. */
	async paste(name: string, text: string): Promise<void> {
		const { keyboard } = this.root.page();
		await this.field(name).locator('.cm-content').click();
		await keyboard.press('ControlOrMeta+a');
		await keyboard.press('Delete');
		await keyboard.insertText(text);
	}

	/** The input of a form that n8n makes from a definition, by the beginning of its label. */
	mapped(label: string): Locator {
		return this.parameters
			.getByTestId('mapping-fields-container')
			.locator('.parameter-item')
			.filter({ hasText: label })
			.locator('input')
			.first();
	}

	/** As a table is wider than the panel, another view may show more. */
	async showOutputAs(view: 'schema' | 'table' | 'json'): Promise<void> {
		await this.output.getByTestId(`radio-button-${view}`).click();
	}

	/** Opens the tab of the files of the output. */
	async showBinary(): Promise<void> {
		await this.output.getByTestId('radio-button-binary').click();
		await this.output.getByTestId('ndv-view-binary-data').waitFor();
	}

	/** Shows a file of the output that is a picture, and gives that, when it is there. */
	async viewBinary(): Promise<Locator> {
		await this.output.getByTestId('ndv-view-binary-data').click();
		const picture = this.root.page().locator('.binary-data-window img');
		await picture.waitFor();
		await picture.evaluate(
			async (image) => image instanceof HTMLImageElement && (await image.decode()),
		);
		return picture;
	}

	/** The error that the output panel shows: its two texts, and all else that is to be read there. */
	async error(): Promise<{ message: string; hint: string; panel: string }> {
		const message = this.output.getByTestId('node-error-message');
		await message.waitFor();
		const hint = await this.output.getByTestId('node-error-description').innerText();
		return { message: await message.innerText(), hint, panel: await this.output.innerText() };
	}

	async #pick(option: string): Promise<void> {
		const title = this.root.page().getByText(option, { exact: true });
		await this.root
			.page()
			.getByRole('option')
			.filter({ visible: true })
			.filter({ has: title })
			.click();
	}
}

/** n8n's resource locator. Its list lies over the page. */
export class ResourceLocator {
	readonly root: Locator;
	readonly input: Locator;

	constructor(root: Locator) {
		this.root = root;
		this.input = root.getByTestId('rlc-input');
	}

	async open(): Promise<void> {
		await this.input.click();
	}

	/** What the list says where it cannot be loaded. */
	async failure(): Promise<string> {
		return await this.root
			.page()
			.getByTestId('rlc-error-container')
			.filter({ visible: true })
			.innerText();
	}

	async search(text: string): Promise<void> {
		await this.root.page().getByTestId('rlc-search').filter({ visible: true }).fill(text);
	}

	/** What the list offers, once it is so many. */
	async choices(count: number): Promise<string[]> {
		await this.#items.nth(count).waitFor({ state: 'hidden' });
		await this.#items.nth(count - 1).waitFor();
		return (await this.#items.allInnerTexts()).map((text) => text.trim());
	}

	async pick(name: string): Promise<void> {
		await this.#items.filter({ hasText: name }).click();
	}

	/** Changes the way in which the value is given. */
	async choose(mode: string): Promise<void> {
		await this.root.page().keyboard.press('Escape');
		await this.root.getByTestId('rlc-mode-selector').click();
		await this.root.page().getByRole('option').filter({ visible: true, hasText: mode }).click();
	}

	/**
	 * Types a value where none is yet, and waits until n8n has taken it over: that is up to 100 ms later, and a run in
	 * between is refused for the missing value. Until then, n8n shows a warning beside the field.
	 */
	async enter(value: string): Promise<void> {
		const warning = this.root.getByTestId('parameter-issues');
		await warning.waitFor();
		await this.input.fill(value);
		await warning.waitFor({ state: 'hidden' });
	}

	get #items(): Locator {
		return this.root.page().getByTestId('rlc-item').filter({ visible: true });
	}
}

async function centreOf(element: Locator): Promise<{ x: number; y: number }> {
	const box = await element.boundingBox();
	if (box === null) throw new Error('The element is not to be seen');
	return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}
