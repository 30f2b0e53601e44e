/** The form of a credential. */
import type { Locator, Page } from 'playwright-core';

export class CredentialForm {
	readonly root: Locator;

	constructor(page: Page) {
		this.root = page.getByTestId('editCredential-modal');
	}

	/** Chooses the type of a new credential, on the page that offers them. */
	static async create(page: Page, type: string): Promise<CredentialForm> {
		await page.getByTestId('new-credential-type-select').locator('input').fill(type);
		await page.getByTestId('new-credential-type-select-option').filter({ hasText: type }).click();
		await page.getByTestId('new-credential-type-button').click();
		const form = new CredentialForm(page);
		await form.root.getByTestId('credential-connection-parameter').first().waitFor();
		return form;
	}

	field(name: string): Locator {
		return this.root.getByTestId(`parameter-input-${name}`).locator('input').first();
	}

	/** Label, kind and placeholder of every field, from top to bottom. */
	async fields(): Promise<Array<{ label: string; secret: boolean; placeholder: string }>> {
		return await this.root.getByTestId('credential-connection-parameter').evaluateAll((forms) =>
			forms.map((form) => {
				const input = form.querySelector('input');
				const label = form.querySelector('label span')?.textContent?.trim() ?? '';
				return { label, secret: input?.type === 'password', placeholder: input?.placeholder ?? '' };
			}),
		);
	}

	/** Saves, which n8n follows up with the credential's test. */
	async save(): Promise<void> {
		await this.root.getByTestId('credential-save-button').locator('button').click();
	}

	/** Waits for a test that went well. */
	async untilConnected(): Promise<void> {
		await this.root.getByText('Connection tested successfully').waitFor();
	}

	/** Waits for a test that failed, and returns all that the form says of it. */
	async failure(): Promise<string> {
		await this.root.getByText('Couldn’t connect with these settings').waitFor();
		await this.root.getByText('More details').click();
		await this.root.getByText('More details').waitFor({ state: 'hidden' });
		return await this.root.getByTestId('node-credentials-config-container').innerText();
	}
}
