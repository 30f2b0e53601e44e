import unit from './jest.config.mjs';

/** Tests in a real n8n: one at a time, since each starts several processes. */
export default {
	...unit,
	testMatch: ['<rootDir>/test/e2e/**/*.test.mts'],
	globalSetup: '<rootDir>/test/e2e/globalSetup.mts',
	globalTeardown: '<rootDir>/test/e2e/globalTeardown.mts',
	maxWorkers: 1,
	verbose: true,
	testTimeout: 180_000,
};
