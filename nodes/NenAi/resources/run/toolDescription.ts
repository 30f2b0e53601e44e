import { NodeHelpers, type INodeProperties } from 'n8n-workflow';

import * as start from './start';
import * as startAndWait from './startAndWait';

/** OpenAI rejects descriptions of more than 1,024 characters. */
const MAX_CHARACTERS = 900;

const definition = '$parameter["parameterDefinition"]';
const text = `(typeof ${definition} === "string" ? ${definition} : JSON.stringify(${definition}))`;

/** The text that n8n makes for other tools, and the definition, without the titles that Pydantic adds. */
const WITH_DEFINITION = `={{ $parameter["operation"] === "${startAndWait.option.value}" ? "${startAndWait.option.action}" : "${start.option.action}" }} in NenAI. Its parameters, as JSON Schema or as an example: {{ ${text}.replace(/"title": *"[^"]*",? */g, "").replace(/\\s+/g, " ").slice(0, ${MAX_CHARACTERS}) }}`;

/**
 * What an AI model is told about this node as a tool. n8n adds the same parameters to a node that does not have them.
 * These also tell the model the parameters of the NenAI workflow. n8n before 2.41 does not evaluate expressions here:
 * docs/internals/n8n-behaviour.md#tools-of-ai-agents
 *
 * @param byDefault the description of the node
 */
export function toolDescriptionProperties(byDefault: string): INodeProperties[] {
	if (NodeHelpers.getToolDescriptionForNode.length < 3) return [];
	return [
		{
			displayName: 'Tool Description',
			name: 'descriptionType',
			type: 'options',
			noDataExpression: true,
			displayOptions: { show: { '@tool': [true] }, hide: { parametersMode: ['form'] } },
			options: [
				{
					name: 'Set Automatically',
					value: 'auto',
					description: 'Automatically set based on resource and operation',
				},
				{ name: 'Set Manually', value: 'manual', description: 'Manually set the description' },
			],
			default: 'auto',
		},
		{
			displayName: 'Tool Description',
			name: 'descriptionType',
			type: 'options',
			noDataExpression: true,
			displayOptions: { show: { '@tool': [true], parametersMode: ['form'] } },
			options: [
				{
					name: 'Set Automatically, With the Parameter Definition',
					value: 'definition',
					description: 'So that the model knows the names and types of the parameters',
				},
				{
					name: 'Set Automatically',
					value: 'auto',
					description: 'Automatically set based on resource and operation',
				},
				{ name: 'Set Manually', value: 'manual', description: 'Manually set the description' },
			],
			default: 'definition',
		},
		{
			displayName: 'Description',
			name: 'toolDescription',
			type: 'string',
			typeOptions: { rows: 2 },
			required: true,
			displayOptions: { show: { '@tool': [true], descriptionType: ['manual'] } },
			default: byDefault,
			description: 'Explain to the AI model what this tool does, and when to use it',
		},
		{
			displayName: 'Description',
			name: 'toolDescription',
			type: 'hidden',
			displayOptions: { show: { '@tool': [true], descriptionType: ['definition'] } },
			default: WITH_DEFINITION,
		},
	];
}
