import { availableParallelism } from 'node:os';

/** Unit and node tests. The end-to-end tests have their own configuration. */
export default {
	testEnvironment: 'node',
	roots: ['<rootDir>/test'],
	testMatch: ['<rootDir>/test/{unit,nodes,sandbox,n8n,bench}/**/*.test.mts'],
	moduleFileExtensions: ['ts', 'mts', 'js', 'cjs', 'mjs', 'json'],
	transform: {
		'\\.m?ts$': [
			'@swc/jest',
			{
				jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
				module: { type: 'commonjs' },
				sourceMaps: 'inline',
			},
		],
	},
	setupFiles: ['<rootDir>/test/setup.mts'],
	// Some tests wait for a time-out of half a minute: others run meanwhile.
	maxWorkers: Math.ceil(availableParallelism() * 1.5),
	testTimeout: 20_000,
	// At the end, all failures again: the output of a long run is often cut.
	reporters: [['default', { summaryThreshold: 0 }], '<rootDir>/scripts/closing-line.mjs'],
};
