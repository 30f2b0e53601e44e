import type {
	ICredentialDataDecryptedObject,
	IExecuteFunctions,
	INodeExecutionData,
} from 'n8n-workflow';

import { CREDENTIAL_TYPE } from '../transport/credential';

type Credential = ICredentialDataDecryptedObject;

/** For this many items, resolving the credential for each is faster than finding out whether that is needed. */
const FEW_ITEMS = 3;

/**
 * The credential of each item, because its fields may be expressions. An Error for an item for which n8n cannot resolve
 * it.
 *
 * n8n takes about 2 ms for each item (2.41.1). So a credential that is the same for all items is resolved for some of
 * them only.
 */
export async function resolveCredentials(
	node: IExecuteFunctions,
): Promise<Array<Credential | Error>> {
	const count = node.getInputData().length;
	const shared =
		count > FEW_ITEMS ? await sharedCredential(node, count).catch(() => undefined) : undefined;
	if (shared !== undefined) return new Array<Credential>(count).fill(shared);
	return await Promise.all(
		Array.from(
			{ length: count },
			async (_, index) =>
				await node.getCredentials(CREDENTIAL_TYPE, index).catch((error: Error) => error),
		),
	);
}

/**
 * The credential, if it is the same for all items; undefined if it may differ. n8n does not tell which fields are
 * expressions, but it reads the input items only for expressions that depend on them. An expression that uses only the
 * item's index would give different values for the items that are tried here.
 */
async function sharedCredential(
	node: IExecuteFunctions,
	count: number,
): Promise<Credential | undefined> {
	const first = await node.getCredentials(CREDENTIAL_TYPE, 0);
	let isLookedAt = false;
	const look = () => {
		isLookedAt = true;
		return undefined;
	};
	// Every access to a list goes through one of these.
	const watched = new Proxy<INodeExecutionData[]>([], {
		get: look,
		has: () => Boolean(look()),
		ownKeys: () => look() ?? [],
		getOwnPropertyDescriptor: look,
	});
	// `getCredentials` resolves expressions with this property: docs/internals/n8n-behaviour.md#credentials-in-webhook
	const watching = Object.create(node, {
		connectionInputData: { value: watched },
	}) as IExecuteFunctions;
	const others = [
		await watching.getCredentials(CREDENTIAL_TYPE, 1),
		await node.getCredentials(CREDENTIAL_TYPE, count - 1),
	];
	const isSame = others.every((other) => JSON.stringify(other) === JSON.stringify(first));
	return isSame && !isLookedAt ? first : undefined;
}
