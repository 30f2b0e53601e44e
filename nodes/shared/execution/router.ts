import type {
	IExecuteFunctions,
	INodeExecutionData,
	INodeProperties,
	INodePropertyOptions,
} from 'n8n-workflow';

import { asNodeError, isTool, errorItemFrom } from './outcomes';
import { ParameterReader } from '../parameters/parameterReader';

/** What the file of an operation holds. */
export interface Operation {
	/** Its line in the menu; `action` is what the list of nodes and the canvas call it. */
	option: INodePropertyOptions & { value: string; action: string };
	/** Without the conditions that show them for this operation alone. */
	parameters: INodeProperties[];
	execute: (this: IExecuteFunctions) => Promise<INodeExecutionData[][]>;
}

/** What the index of a resource's folder makes of its operations. */
export interface Resource {
	option: INodePropertyOptions & { value: string };
	/** The menu of its operations, and their parameters. */
	properties: INodeProperties[];
	operations: Operation[];
}

const MENU = { type: 'options', noDataExpression: true } as const;

/** @param operations in the order of the menu */
export function defineResource(
	option: Resource['option'],
	operations: Operation[],
	defaultOperation: Operation = operations[0],
): Resource {
	const menu: INodeProperties = {
		...MENU,
		displayName: 'Operation',
		name: 'operation',
		displayOptions: { show: { resource: [option.value] } },
		options: operations.map((operation) => operation.option),
		default: defaultOperation.option.value,
	};
	const parameters = operations.flatMap((operation) =>
		showFor(option.value, operation.option.value, operation.parameters),
	);
	return { option, properties: [menu, ...parameters], operations };
}

/** Shows these parameters for one operation only; conditions of their own stay. */
function showFor(
	resource: string,
	operation: string,
	properties: INodeProperties[],
): INodeProperties[] {
	return properties.map((property) => ({
		...property,
		displayOptions: {
			...property.displayOptions,
			show: { ...property.displayOptions?.show, resource: [resource], operation: [operation] },
		},
	}));
}

/** The node's first parameter. The first of the resources is the default. */
export function resourceProperty(resources: Resource[]): INodeProperties {
	return {
		...MENU,
		displayName: 'Resource',
		name: 'resource',
		options: resources.map(({ option }) => option),
		default: resources[0].option.value,
	};
}

/** The line under the node on the canvas: the action of what is chosen. */
export function subtitleOf(resources: Resource[]): string {
	const actions = resources.flatMap(({ option, operations }) =>
		operations.map((operation) => [
			`${option.value}.${operation.option.value}`,
			operation.option.action,
		]),
	);
	return `={{ (${JSON.stringify(Object.fromEntries(actions))})[$parameter["resource"] + "." + $parameter["operation"]] }}`;
}

/**
 * Carries out what is chosen. An error goes out as n8n wants it, thrown; but as items where somebody goes on with
 * them: with "Continue on fail" n8n would pass the input on as if all were well, and before its version 3 an AI agent
 * hides from its model that a tool has thrown.
 */
export async function router(
	this: IExecuteFunctions,
	resources: Resource[],
): Promise<INodeExecutionData[][]> {
	try {
		return await findOperation.call(this, resources).execute.call(this);
	} catch (error) {
		if (!this.continueOnFail() && !isTool.call(this)) throw asNodeError.call(this, error);
		return [this.getInputData().map((_, index) => errorItemFrom.call(this, error as Error, index))];
	}
}

function findOperation(this: IExecuteFunctions, resources: Resource[]): Operation {
	const read = (properties: INodeProperties[]) =>
		new ParameterReader(properties, (name) => this.getNodeParameter(name, 0, null));
	const resourceName = read([resourceProperty(resources)]).choice('resource');
	const { properties, operations } =
		resources.find(({ option }) => option.value === resourceName) ?? resources[0];
	const operationName = read(properties).choice('operation');
	return operations.find(({ option }) => option.value === operationName) ?? operations[0];
}
