import type { IDataObject, INodeProperties } from 'n8n-workflow';

import { CHECK_DESKTOP, type Desktops } from '../../../shared/transport/desktop/desktops';
import type { Attempt } from '../../../shared/execution/retry';
import { desktopProperty, readDesktopId } from '../desktopId';
import { mutateDesktops } from '../desktopOperations';
import type { ParameterReader } from '../../../shared/parameters/parameterReader';
import type { Text } from '../../../shared/failures/text';
import type { Operation } from '../../../shared/execution/router';

/** Defines an operation that modifies an existing desktop. Only the request and its result differ. */
interface MutationDefinition<Input extends object> {
	option: Operation['option'];
	/** In addition to the desktop. */
	parameters?: INodeProperties[];
	/** Throws InvalidParameterError. */
	read?: (reader: ParameterReader) => Input;
	run: (
		desktops: Desktops,
		desktopId: string,
		input: Input,
		mayBeDone: boolean,
	) => Promise<Attempt<IDataObject>>;
	recoveryHint?: Text;
	toJournal?: (result: IDataObject) => IDataObject;
	enrich?: (
		desktops: Desktops,
		result: IDataObject,
		desktopId: string,
	) => Promise<Attempt<IDataObject>>;
	/** Whether doing it twice has the same effect as doing it once. */
	idempotent?: boolean;
	/** Whether a result from the journal has everything that the operation gives. */
	isComplete?: (result: IDataObject) => boolean;
	/** The hint for a result that does not. */
	incompleteHint?: Text;
}

export function defineMutation<Input extends object>({
	option,
	parameters: more = [],
	read,
	run,
	recoveryHint = CHECK_DESKTOP,
	toJournal = (result) => result,
	enrich,
	idempotent,
	isComplete,
	incompleteHint,
}: MutationDefinition<Input>): Operation {
	const parameters = [desktopProperty, ...more];
	return {
		option,
		parameters,
		async execute() {
			return await mutateDesktops(this, {
				name: `desktop/${option.value}`,
				parameters,
				read: (given) => ({ desktopId: readDesktopId(given), ...(read?.(given) as Input) }),
				run: async (desktops, input, mayBeDone) =>
					await run(desktops, input.desktopId, input, mayBeDone),
				recoveryHint,
				toJournal,
				idempotent,
				isComplete,
				incompleteHint,
				enrich:
					enrich &&
					(async (desktops, result, { desktopId }) => await enrich(desktops, result, desktopId)),
				toItems: (json) => [{ json }],
			});
		},
	};
}
