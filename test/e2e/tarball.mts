/** The package as it would be published, packed once for all end-to-end tests. */

/** How its path gets from jest's set-up to the tests. */
export const TARBALL_VARIABLE = 'NENAI_TEST_TARBALL';

/** Its path. Throws outside of a run with jest.e2e.config.mjs. */
export function tarball(): string {
	const path = process.env[TARBALL_VARIABLE];
	if (path === undefined)
		throw new Error('Nothing was packed: run these tests with npm run test:e2e');
	return path;
}
