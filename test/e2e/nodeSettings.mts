/** What a builder can switch on in the tab "Settings" of a node. */
import type { INode } from 'n8n-workflow';

export type NodeSettings = Pick<
	INode,
	'executeOnce' | 'onError' | 'retryOnFail' | 'alwaysOutputData'
>;

/** Every combination of them. */
export const COMBINATIONS = [false, true].flatMap((executeOnce) =>
	(['stopWorkflow', 'continueRegularOutput', 'continueErrorOutput'] as const).flatMap((onError) =>
		[false, true].flatMap((retryOnFail) =>
			[false, true].map(
				(alwaysOutputData): NodeSettings => ({
					executeOnce,
					onError,
					retryOnFail,
					alwaysOutputData,
				}),
			),
		),
	),
);

export const nameOf = (settings: NodeSettings) => Object.values(settings).join('-');
