import type { IDataObject, IExecuteFunctions, INodeProperties } from 'n8n-workflow';

import { CHECK_DESKTOP } from '../../../shared/transport/desktop/desktops';
import { desktopProperty, readDesktopId } from '../desktopId';
import { mutateDesktops, type DesktopMutation } from '../desktopOperations';
import type { ParameterReader } from '../../../shared/parameters/parameterReader';
import type { Text } from '../../../shared/failures/text';
import type { Operation } from '../../../shared/execution/router';

/** Defines an operation that modifies an existing desktop. Only the request and its result differ. */
interface MutationDefinition<Input extends object>
	extends Omit<
		DesktopMutation<Input & { desktopId: string }, IDataObject>,
		'name' | 'parameters' | 'read' | 'recoveryHint' | 'toItems'
	> {
	option: Operation['option'];
	/** In addition to the desktop. */
	parameters?: INodeProperties[];
	/** Throws InvalidParameterError. */
	read?: (given: ParameterReader) => Input;
	recoveryHint?: Text;
	/** Called when NenAI has done it. */
	onDone?: (node: IExecuteFunctions, input: Input & { desktopId: string }) => void;
	/** The output for NenAI's response. Default: the response. */
	toJson?: (json: IDataObject) => IDataObject;
}

export function defineMutation<Input extends object>({
	option,
	parameters: more = [],
	read,
	recoveryHint = CHECK_DESKTOP,
	run,
	onDone,
	toJson = (json) => json,
	...mutation
}: MutationDefinition<Input>): Operation {
	const parameters = [desktopProperty, ...more];
	return {
		option,
		parameters,
		async execute() {
			return await mutateDesktops(this, {
				...mutation,
				name: `desktop/${option.value}`,
				parameters,
				read: (given) => ({ desktopId: readDesktopId(given), ...(read?.(given) as Input) }),
				run: async (desktops, input, mayBeDone) => {
					const attempt = await run(desktops, input, mayBeDone);
					if (attempt.kind === 'done') onDone?.(this, input);
					return attempt;
				},
				recoveryHint,
				toItems: (json) => [{ json: toJson(json) }],
			});
		},
	};
}
