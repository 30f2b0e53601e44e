import { runJobs, type Attempt, type Outcome, type RunJobsOptions } from './runJobs';

/** Tries a request until it is done, has failed, or has used up its tries. Waits in between as `runJobs` does. */
export async function retry<T>(
	attempt: () => Promise<Attempt<T>>,
	{ maxTries, signal }: Pick<RunJobsOptions, 'maxTries' | 'signal'>,
): Promise<Outcome<T>> {
	const [outcome] = await runJobs(1, attempt, {
		maxConcurrency: 1,
		maxTries,
		stopOnFailure: true,
		signal,
	});
	return outcome;
}
