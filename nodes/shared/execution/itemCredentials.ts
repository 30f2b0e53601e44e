import type {
	ICredentialDataDecryptedObject,
	IExecuteFunctions,
	INodeExecutionData,
} from 'n8n-workflow';

import { CREDENTIAL_TYPE } from '../transport/credential';

type Credential = ICredentialDataDecryptedObject;

/** For so many items, it is faster to resolve the credential for each of them than to find out whether that is needed. */
const FEW_ITEMS = 3;

/**
 * The credential as n8n resolves it for each item: its fields may be expressions. An Error where n8n cannot.
 *
 * That takes n8n about 2 ms for an item (2.41.1), so a credential that is the same for all items is resolved for some of
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
 * The credential, if it is the same for all items; undefined if it is not, or may not be. n8n does not tell which fields
 * are expressions, but it looks at the input items only for those that depend on them. An expression of nothing but the
 * item's number would give different values for the items that are tried here.
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
	// Every way to look at a list comes through one of these.
	const watched = new Proxy<INodeExecutionData[]>([], {
		get: look,
		has: () => Boolean(look()),
		ownKeys: () => look() ?? [],
		getOwnPropertyDescriptor: look,
	});
	// `getCredentials` resolves expressions with the property of this name (n8n 1.94 to 2.41).
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
