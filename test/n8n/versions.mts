/** The versions of n8n that the package is tested with. A line for each; `npm run test:e2e` installs them. */

interface Tested {
	/** `full`: by every end-to-end test; `smoke`: by those of `compatibility.test.mts`. */
	how: 'full' | 'smoke';
	/** Of packages that the registry does not have in the version that this n8n asks for. */
	overrides?: Readonly<Record<string, string>>;
	/** The Node.js that it needs where it refuses the one that runs the tests: a version of npm's package of it. */
	node?: string;
	/** Whether it can send the result of a waiting node to several outputs. */
	severalOutputs?: true;
	/** What its installation writes, measured; for the output of progress. */
	megabytes?: number;
	/** Settings of its environment that others do not have. */
	settings?: Readonly<Record<string, string>>;
}

/** n8n 1 and early 2 want xlsx as a tarball from a web site outside the registry; this is the registry's version. */
const XLSX = { xlsx: '0.18.5' };

const VERSIONS = {
	// This module fetches a list from n8n's makers at each start.
	'2.41.1': {
		how: 'full',
		severalOutputs: true,
		megabytes: 2500,
		settings: { N8N_DISABLED_MODULES: 'mcp-registry' },
	},
	// The first one that sends a waiting node's result to one of several outputs.
	'2.39.0': {
		how: 'smoke',
		severalOutputs: true,
		settings: { N8N_DISABLED_MODULES: 'mcp-registry' },
	},
	'1.123.81': { how: 'full', overrides: XLSX },
	'2.0.3': { how: 'smoke', overrides: XLSX },
	'1.110.1': { how: 'smoke', overrides: XLSX },
	'1.94.1': { how: 'smoke', overrides: XLSX, node: '22.23.3' },
} satisfies Record<string, Tested>;

export type N8nVersion = keyof typeof VERSIONS;

const versionsTested = (how: Tested['how']) =>
	(Object.keys(VERSIONS) as N8nVersion[]).filter((version) => VERSIONS[version].how === how);

/** The newest: the demo, the bench, queue mode and the editor are tried in this one alone. */
export const NEWEST_N8N: N8nVersion = '2.41.1';

export const N8N_VERSIONS: readonly N8nVersion[] = versionsTested('full');
export const OTHER_VERSIONS: readonly N8nVersion[] = versionsTested('smoke');

/** Whether Start and Wait can have an output for each outcome in this n8n. */
export function hasSeveralOutputs(version: N8nVersion): boolean {
	const { severalOutputs }: Tested = VERSIONS[version];
	return severalOutputs === true;
}

export function overridesOf(version: N8nVersion): Readonly<Record<string, string>> {
	const { overrides = {} }: Tested = VERSIONS[version];
	return overrides;
}

export function megabytesOf(version: N8nVersion): number | undefined {
	const { megabytes }: Tested = VERSIONS[version];
	return megabytes;
}

/** npm's package of the Node.js for this n8n, and its version; undefined where it runs on that of the tests. */
export function nodePackageOf(version: N8nVersion): { name: string; version: string } | undefined {
	const { node }: Tested = VERSIONS[version];
	return node === undefined
		? undefined
		: { name: `node-${process.platform}-${process.arch}`, version: node };
}

/** What is named otherwise, or exists only, in one of the versions. n8n 2 took the name of the webhook URL from n8n 1, and gave it another later on. */
export function settingsOf(
	version: N8nVersion,
	webhookUrl: string,
): Readonly<Record<string, string>> {
	const { settings = {} }: Tested = VERSIONS[version];
	return { WEBHOOK_URL: webhookUrl, N8N_WEBHOOK_URL: webhookUrl, ...settings };
}
