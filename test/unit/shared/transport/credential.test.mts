import { NenAiApi } from '../../../../credentials/NenAiApi.credentials';
import { readCredential, DEFAULT_URLS } from '../../../../nodes/shared/transport/credential';

test('a field that did not exist when the credential was saved has its default', () => {
	expect(readCredential({ apiKey: 'test-key' })).toEqual({
		apiKey: 'test-key',
		...DEFAULT_URLS,
		webhookSecrets: [],
		defaultCallbackUrl: '',
		deploymentId: '',
	});
});

test('one that somebody has emptied is empty', () => {
	expect(readCredential({ apiKey: 'test-key', mcpUrl: ' ' }).mcpUrl).toBe('');
});

test('addresses to which a path is added come without slashes at their end; the one that is asked as it is keeps them', () => {
	const url = ' https://example.com/v1// ';
	const { baseUrl, mcpUrl, desktopUrl, deploymentId } = readCredential({
		baseUrl: url,
		mcpUrl: url,
		desktopUrl: url,
		deploymentId: ' d-1\n',
	});
	expect([baseUrl, mcpUrl, desktopUrl, deploymentId]).toEqual([
		'https://example.com/v1',
		'https://example.com/v1//',
		'https://example.com/v1',
		'd-1',
	]);
});

test('the form has the same defaults', () => {
	const defaults = Object.fromEntries(
		new NenAiApi().properties.map((property) => [property.name, property.default]),
	);
	for (const [field, address] of Object.entries(DEFAULT_URLS)) {
		expect([field, defaults[field]]).toEqual([field, address]);
	}
});
