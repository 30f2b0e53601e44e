/** A jest reporter that ends with one plain line, for whoever reads only that. */
export default class ClosingLine {
	onRunComplete(
		_contexts,
		{ numPassedTests, numFailedTests, numPendingTests, numRuntimeErrorTestSuites },
	) {
		const failed = numFailedTests + numRuntimeErrorTestSuites;
		const skipped = numPendingTests > 0 ? `, ${numPendingTests} skipped` : '';
		process.stderr.write(`\n${numPassedTests} passed, ${failed} failed${skipped}\n`);
	}
}
