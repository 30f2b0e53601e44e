import type { IDataObject, INodeProperties } from 'n8n-workflow';

import { LOOK_AT_DESKTOP, type Desktops } from '../../transport/desktop/desktops';
import type { Attempt } from '../../transport/queue';
import { desktopProperty, readDesktopId } from '../desktopId';
import { actForEach } from '../onDesktops';
import type { Parameters } from '../parameters';
import type { Operation } from '../resource';

/** An operation that changes a desktop that there is: what is sent, and what is answered, is all that tells one from another. */
interface Change<Q extends object> {
	option: Operation['option'];
	/** Beside the desktop. */
	parameters?: INodeProperties[];
	/** Throws BadInput. */
	read?: (given: Parameters) => Q;
	ask: (desktops: Desktops, desktopId: string, question: Q, mayBeDone: boolean) => Promise<Attempt<IDataObject>>;
	lookFirst?: string;
	keep?: (answer: IDataObject) => IDataObject;
	complete?: (desktops: Desktops, answer: IDataObject, desktopId: string) => Promise<Attempt<IDataObject>>;
	/** Whether doing it twice does no harm. */
	idempotent?: boolean;
}

export function makeChange<Q extends object>({ option, parameters: more = [], read, ask, lookFirst = LOOK_AT_DESKTOP, keep = (answer) => answer, complete, idempotent }: Change<Q>): Operation {
	const parameters = [desktopProperty, ...more];
	return {
		option,
		parameters,
		async execute() {
			return await actForEach(this, {
				name: `desktop/${option.value}`,
				parameters,
				read: (given) => ({ desktopId: readDesktopId(given), ...(read?.(given) as Q) }),
				ask: async (desktops, question, _itemIndex, mayBeDone) => await ask(desktops, question.desktopId, question, mayBeDone),
				lookFirst,
				keep,
				idempotent,
				complete: complete && (async (desktops, answer, { desktopId }) => await complete(desktops, answer, desktopId)),
				toItems: (json) => [{ json }],
			});
		},
	};
}
