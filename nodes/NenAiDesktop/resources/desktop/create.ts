import type {
	IDataObject,
	IExecuteFunctions,
	INodeExecutionData,
	INodeProperties,
} from 'n8n-workflow';

import { CHECK_DESKTOP_LIST } from '../../../shared/transport/desktop/desktops';
import type { Failure } from '../../../shared/failures/failure';
import { say } from '../../../shared/failures/text';
import { invalidParameter } from '../../../shared/parameters/invalidParameter';
import type { ParameterReader } from '../../../shared/parameters/parameterReader';
import { optionsCollection } from '../../../shared/parameters/properties';
import { isInExecution } from '../../../shared/execution/context';
import { canDeleteAtEnd, DeletionAtEnd, showFailedDeletions } from '../deleteAtEnd';
import { isOnEngine2 } from '../../../shared/execution/engine2';
import { mutateDesktops } from '../desktopOperations';
import type { Operation } from '../../../shared/execution/router';

export const option: Operation['option'] = {
	name: 'Create',
	value: 'create',
	action: 'Create a desktop',
	description:
		'Starts a new Windows desktop in the cloud of NenAI, and gives its desktop_id. This does real work: each call starts another desktop, which runs until it is deleted.',
};

export const parameters: INodeProperties[] = [
	optionsCollection([
		{
			displayName: 'Delete When the Execution Ends',
			name: 'deleteAtEnd',
			type: 'boolean',
			default: false,
			description:
				'Whether to delete the desktop and its files when this execution ends, also if it fails or is stopped. If the execution waits, use the desktop at least once after the wait. In the editor, each "Execute step" is a separate execution, so the desktop is deleted immediately. Requires n8n 2.33 or later.',
		},
	]),
];

/** Creates a desktop for each item. An error lists the desktops that were created, because they keep running. */
export async function execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const deletion = new DeletionAtEnd(this);
	const output = await mutateDesktops(this, {
		name: 'desktop/create',
		parameters,
		read: (reader) => ({ deleteAtEnd: readDeleteAtEnd(reader, this) }),
		run: async (desktops, { deleteAtEnd }) => {
			const created = await desktops.create();
			if (created.kind === 'done' && deleteAtEnd)
				deletion.add(idOf(created.value), desktops.connection);
			return created;
		},
		recoveryHint: CHECK_DESKTOP_LIST,
		onDoneBefore: (desktop) =>
			deletion.belongsToEarlier(idOf(desktop)) ? deletedBefore(idOf(desktop)) : undefined,
		toItems: (json) => [{ json }],
		describeDone: (done) => {
			const name = ({ result, itemIndex }: (typeof done)[number]) =>
				`${idOf(result)} (item ${itemIndex})`;
			const isDeletedAtEnd = ({ result }: (typeof done)[number]) => deletion.includes(idOf(result));
			return [
				list(
					'These desktops were created, and run until they are deleted',
					done.filter((each) => !isDeletedAtEnd(each)).map(name),
				),
				list(
					'These desktops were created, and are deleted when this execution ends',
					done.filter(isDeletedAtEnd).map(name),
				),
			]
				.filter((sentence) => sentence !== '')
				.join(' ');
		},
	});
	// After an error, n8n does not keep hints.
	showFailedDeletions(this);
	return output;
}

/** Throws InvalidParameterError if this n8n cannot do it. */
function readDeleteAtEnd(reader: ParameterReader, node: IExecuteFunctions): boolean {
	const deleteAtEnd = reader.boolean('options.deleteAtEnd');
	if (!deleteAtEnd) return false;
	const instead = say`Or remove the option, and delete the desktop with Desktop → Delete.`;
	if (!canDeleteAtEnd(node))
		throw invalidParameter(
			say`Delete When the Execution Ends (deleteAtEnd) requires n8n 2.33 or later`,
			say`Update n8n. ${instead}`,
		);
	if (isOnEngine2.call(node))
		throw invalidParameter(
			say`Delete When the Execution Ends (deleteAtEnd) is not possible in n8n's Engine 2.0`,
			say`Choose the other engine in the settings of this workflow. ${instead}`,
		);
	if (!isInExecution.call(node))
		throw invalidParameter(
			say`Delete When the Execution Ends (deleteAtEnd) is not possible here, because n8n runs this tool without an execution`,
			say`Create the desktop in a workflow, and use that workflow as the tool. ${instead}`,
		);
	return true;
}

function deletedBefore(desktopId: string): Failure {
	return {
		message: say`Desktop ${desktopId} was created for this item by an earlier execution, which was set to delete it at its end`,
		hint: say`Retry cannot continue with that desktop. Start a new execution of the workflow.`,
	};
}

function idOf(desktop: IDataObject): string {
	return String(desktop.desktop_id);
}

/** The names as a sentence. An empty list gives an empty text. */
function list(beginning: string, names: string[]): string {
	return names.length === 0 ? '' : `${beginning}: ${names.join(', ')}.`;
}
