/** How each operation is used by the tables that hold for all operations of a kind. A new operation needs a line here. */
import type { INodeParameters } from 'n8n-workflow';

export interface Recipe {
	/** `mutation`: does something, at most once for each item. */
	kind: 'query' | 'mutation';
	/** The field of the credential that holds the address of its service. */
	address: 'baseUrl' | 'mcpUrl' | 'desktopUrl';
	/** Fields of the item in the expressions: `workflow`, `run` and `desktop` are IDs, `name` differs for each item. */
	parameters: INodeParameters;
	/** The HTTP method of the request that does it. */
	method?: 'POST' | 'PUT' | 'PATCH' | 'DELETE';
	/** Whether doing it again does no harm, so that it is done again after an unknown outcome. */
	idempotent?: boolean;
	/** Whether it changes nothing, though it takes its turn among those that do something. */
	harmless?: boolean;
	/** Whether its answer is not kept for a next try, as it is a secret. */
	notKept?: boolean;
	/** Whether it takes one item only. */
	single?: boolean;
	/** How often it is tried when NenAI is busy. Default: 5. */
	tries?: number;
}

const run = {
	workflowId: '={{ $json.workflow }}',
	parametersMode: 'json',
	parametersJson: '={{ { NAME: $json.name } }}',
	callback: 'none',
};
const desktop = { desktopId: '={{ $json.desktop }}' };
const place = { ...desktop, x: 10, y: 20 };

const query = (address: Recipe['address'], parameters: INodeParameters): Recipe => ({
	kind: 'query',
	address,
	parameters,
});
const action = (parameters: INodeParameters): Recipe => ({
	kind: 'mutation',
	address: 'desktopUrl',
	method: 'POST',
	parameters,
});
const change = (method: Recipe['method'], parameters: INodeParameters = desktop): Recipe => ({
	kind: 'mutation',
	address: 'desktopUrl',
	method,
	parameters,
});

/** By `resource/operation`. */
export const RECIPES: Record<string, Recipe> = {
	'run/start': { kind: 'mutation', address: 'baseUrl', method: 'POST', parameters: run },
	'run/startAndWait': {
		kind: 'mutation',
		address: 'baseUrl',
		method: 'POST',
		parameters: { ...run, callback: undefined },
		single: true,
	},
	'run/get': query('mcpUrl', { messageId: '={{ $json.run }}' }),
	'run/getMany': query('mcpUrl', { workflowId: '={{ $json.workflow }}' }),
	'run/getLogs': query('mcpUrl', { messageId: '={{ $json.run }}' }),
	'workflow/getMany': query('mcpUrl', {}),
	'result/download': {
		...query('baseUrl', { payload: '={{ { message_id: $json.run, assets: $json.link } }}' }),
		tries: 3,
	},
	'desktop/create': change('POST', {}),
	'desktop/get': query('desktopUrl', desktop),
	'desktop/getMany': query('desktopUrl', {}),
	'desktop/rename': change('PATCH', { ...desktop, name: '={{ $json.name }}' }),
	'desktop/delete': { ...change('DELETE'), idempotent: true },
	'desktop/openSession': { ...change('PUT'), notKept: true },
	'desktop/getSession': query('desktopUrl', desktop),
	'desktop/closeSession': change('DELETE'),
	'desktop/getToolLogs': query('desktopUrl', desktop),
	'computer/screenshot': query('desktopUrl', desktop),
	'computer/click': action(place),
	'computer/mouseMove': action(place),
	'computer/drag': action({ ...place, toX: 30, toY: 40 }),
	'computer/type': action({ ...desktop, text: '={{ $json.name }}' }),
	'computer/key': action({ ...desktop, key: 'Return' }),
	'computer/holdKey': action({ ...desktop, key: 'shift', duration: 0.01 }),
	'computer/scroll': action({ ...place, amount: 1 }),
	'computer/wait': { ...action({ ...desktop, duration: 0.01 }), harmless: true },
	'computer/cursorPosition': query('desktopUrl', desktop),
	'computer/custom': action({
		...desktop,
		tool: 'computer',
		action: 'left_click',
		params: '{ "coordinate": [10, 20] }',
	}),
	'file/upload': action({ ...desktop, fileName: '={{ $json.name }}.txt' }),
	'file/download': query('desktopUrl', { ...desktop, fileName: 'there.txt' }),
	'file/getMany': query('desktopUrl', desktop),
};

export const named = (path: string) => {
	const [resource, operation] = path.split('/');
	return { resource, operation };
};

export const pathsOf = (fits: (recipe: Recipe) => boolean) =>
	Object.keys(RECIPES).filter((path) => fits(RECIPES[path]));
