import type {
	IExecuteFunctions,
	INodeExecutionData,
	INodeProperties,
	INodePropertyOptions,
} from 'n8n-workflow';

import { asNodeError, isTool, errorItemFrom } from './outcomes';
import { ParameterReader } from '../parameters/parameterReader';

/** The exports of an operation's file. */
export interface Operation {
	/** Its line in the menu. The list of nodes and the canvas show `action`. */
	option: INodePropertyOptions & { value: string; action: string };
	/** Without the conditions that show them only for this operation. */
	parameters: INodeProperties[];
	execute: (this: IExecuteFunctions) => Promise<INodeExecutionData[][]>;
	/** The outputs for error items, if they must not come out at the first output. */
	toErrorOutputs?: (this: IExecuteFunctions, items: INodeExecutionData[]) => INodeExecutionData[][];
}

/** A resource, as the index of its folder defines it. */
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

/** Shows these parameters only for one operation. Their own conditions stay. */
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

/** The node's first parameter. The first resource is the default. */
export function resourceProperty(resources: Resource[]): INodeProperties {
	return {
		...MENU,
		displayName: 'Resource',
		name: 'resource',
		options: resources.map(({ option }) => option),
		default: resources[0].option.value,
	};
}

/** The line under the node on the canvas: the `action` of the selected operation. */
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
 * Runs the selected operation. Errors are thrown, except with Continue On Fail or as a tool of an agent: there they
 * become items. Otherwise n8n would pass the input on as if it had succeeded, and agents before version 3 would hide
 * the error from the model: docs/internals/n8n-behaviour.md#continue-on-fail
 */
export async function router(
	this: IExecuteFunctions,
	resources: Resource[],
): Promise<INodeExecutionData[][]> {
	let operation: Operation | undefined;
	try {
		operation = findOperation.call(this, resources);
		return await operation.execute.call(this);
	} catch (error) {
		if (!this.continueOnFail() && !isTool.call(this)) throw asNodeError.call(this, error);
		const items = this.getInputData().map((_, index) =>
			errorItemFrom.call(this, error as Error, index),
		);
		return operation?.toErrorOutputs?.call(this, items) ?? [items];
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
