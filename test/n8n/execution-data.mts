/** n8n stores an execution's data flattened: one JSON array in which strings are indexes into itself. */
import { parse } from 'flatted';
import type { IRunExecutionData } from 'n8n-workflow';
import { z } from 'zod';

/** What n8n keeps of an execution: `resultData.runData[<node name>][<run>]` is what a node gave in one run. */
export type ExecutionData = Pick<
	IRunExecutionData,
	'resultData' | 'executionData' | 'startData' | 'resumeToken' | 'waitTill'
>;

/** n8n's own code wrote it, so the parts that nobody here reads are taken at its word. */
const KnownData = z.custom<ExecutionData>(
	(value) => typeof value === 'object' && value !== null && 'resultData' in value,
	'An execution has data without resultData',
);

const Stored = z.union([z.null(), z.undefined(), KnownData]);

/**
 * The stored data of an execution as n8n had it in memory. An execution that has just been started has none:
 * then the answer has no runs in it.
 *
 * @throws SyntaxError when the text is not JSON, ZodError when it is something other than execution data
 */
export function unflatten(text: string): ExecutionData {
	return Stored.parse(parse(text)) ?? { resultData: { runData: {} } };
}
