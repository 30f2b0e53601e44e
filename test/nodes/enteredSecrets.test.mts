/** A secret that stands in the data, or was pasted into the wrong field, is in no error of any operation. */
import type { IDataObject, INodeProperties } from 'n8n-workflow';
import { ACTION_NODES } from '../operations.mts';
import { withSandbox } from '../sandbox/cases.mts';
import type { Sandbox } from '../sandbox/index.mts';
import { fileOf } from './desktopFiles.mts';
import { Credentials, execute } from './engine.mts';
import { named, RECIPES } from './recipes.mts';

let sandbox: Sandbox;
withSandbox((given) => (sandbox = given), { retryDelaysMs: [] });

const LINK = 'https://files.example/a.zip?X-Signature=test-signature-of-a-link';
/** The kinds of secrets, and what of each must not be seen. */
const SECRETS: Array<[what: string, secret: () => string, part: () => string]> = [
	['the API key', () => sandbox.apiKey, () => sandbox.apiKey],
	['the webhook secret', () => sandbox.webhookSecret, () => sandbox.webhookSecret],
	['a presigned link', () => LINK, () => 'test-signature'],
];

const properties = ACTION_NODES.flatMap((node) => node.properties);

/** The parameters of an operation, with its options as `options.name`. */
function parametersOf(path: string): string[] {
	const { resource, operation } = named(path);
	const shown = properties.filter(
		({ displayOptions: { show = {} } = {} }) =>
			show.resource?.includes(resource) && show.operation?.includes(operation),
	);
	return shown.flatMap(({ name, type, options = [] }) =>
		type === 'collection'
			? (options as INodeProperties[]).map((option) => `${name}.${option.name}`)
			: type === 'notice'
				? []
				: [name],
	);
}

const EXPRESSIONS = [
	'={{ $json.secret }}',
	'={{ [$json.secret] }}',
	'={{ { a: $json.secret, value: $json.secret } }}',
];

describe.each(Object.keys(RECIPES))('%s', (path) => {
	test.each(SECRETS)(
		'%s',
		async (_, secret, part) => {
			const credentials = () =>
				new Credentials({
					apiKey: sandbox.apiKey,
					baseUrl: sandbox.url,
					mcpUrl: sandbox.mcpUrl,
					desktopUrl: sandbox.desktopUrl,
					webhookSecret: sandbox.webhookSecret,
				});
			const desktop = sandbox.desktops.add();
			const item: IDataObject = {
				name: 'a',
				workflow: 'w',
				run: 'r',
				desktop,
				link: 'https://files.example/b',
				secret: secret(),
			};
			for (const parameter of parametersOf(path)) {
				for (const expression of EXPRESSIONS) {
					const [group, member] = parameter.split('.');
					const given =
						member === undefined ? { [group]: expression } : { [group]: { [member]: expression } };
					for (const settings of [{}, { onError: 'continueRegularOutput' as const }]) {
						const result = await execute({
							credentials: credentials(),
							items: [item],
							binaries: [fileOf('x')],
							settings,
							parameters: {
								...named(path),
								...RECIPES[path].parameters,
								...(path === 'run/start' && { callbackUrl: 'https://n8n.example/' }),
								...given,
							},
						});
						const said = [
							result.error?.stored,
							...result.items.map(({ json }) => json.error),
							...result.hints,
						].join(' ');
						expect(`${parameter} ${expression}: ${said}`).not.toContain(part());
					}
				}
			}
		},
		60_000,
	);
});
