import type { IDataObject, ILoadOptionsFunctions, ResourceMapperFields } from 'n8n-workflow';

import { NO_SECRETS } from '../../../shared/failures/redact';
import { isEntered, type ParameterReader } from '../../../shared/parameters/parameterReader';
import { InvalidParameterError, toFailure } from '../../../shared/parameters/invalidParameter';
import { isRecord, toObjectForSending, type Name } from '../../../shared/parameters/values';
import { readDefinition } from '../../../shared/parameterSchema/definition';
import { fieldsOf } from '../../../shared/parameterSchema/fields';
import { fitParameters, type GivenValue } from '../../../shared/parameterSchema/parameters';

/** Reads the form: the parameters of the run, with the types of the definition. */
export function readForm(parameters: ParameterReader): IDataObject {
	const name = parameters.nameOf('parametersForm');
	const definition = readDefinition(
		parameters.raw('parameterDefinition'),
		parameters.nameOf('parameterDefinition'),
	);
	const given = readValues(
		parameters.raw('parametersForm'),
		parameters.savedAs('parametersForm'),
		name,
	);
	return fitParameters(definition, given, name) as IDataObject;
}

/**
 * The values by name. They are in the value of n8n's resource mapper, or in one object with the names and values, as in
 * NenAI's API.
 *
 * @param saved the value in the saved workflow, with its expressions
 */
function readValues(value: unknown, saved: unknown, name: Name): Map<string, GivenValue> {
	const form = toObjectForSending(value, name, { byDefault: {} });
	const isMapper = 'mappingMode' in form && 'value' in form;
	const values = isMapper ? toObjectForSending(form.value, name, { byDefault: {} }) : form;
	const savedValues = isMapper && isRecord(saved) ? saved.value : saved;
	return new Map(
		Object.entries(values).map(([parameter, each]) => [
			parameter,
			{ value: each, isEntered: isEnteredValue(savedValues, parameter) },
		]),
	);
}

function isEnteredValue(saved: unknown, parameter: string): boolean {
	if (!isRecord(saved)) return isEntered(saved);
	const value: unknown = Object.hasOwn(saved, parameter) ? saved[parameter] : undefined;
	return typeof value === 'string' ? isEntered(value) : value !== undefined;
}

const PASTE_FIRST =
	'Paste the definition into Parameter Definition. Then this form has a field for each parameter.';

const LABEL: Name = { label: 'Parameter Definition', name: 'parameterDefinition' };

/** The fields of the form in the editor. Does not throw: the editor would not show the error. */
export async function getParameterFields(
	this: ILoadOptionsFunctions,
): Promise<ResourceMapperFields> {
	const given = this.getCurrentNodeParameter('parameterDefinition');
	if (given === undefined || given === '' || (isRecord(given) && Object.keys(given).length === 0))
		return notice(PASTE_FIRST);
	if (typeof given === 'string' && given.startsWith('='))
		return notice(
			'The definition is an expression that n8n cannot evaluate now. Execute the nodes before this one first.',
		);
	try {
		const fields = fieldsOf(readDefinition(given, LABEL));
		return fields.length === 0 ? notice('This workflow has no parameters.') : { fields };
	} catch (error) {
		const { message, hint } = toFailure(error as InvalidParameterError);
		return notice(`${message.write(NO_SECRETS)}. ${hint.write(NO_SECRETS)}`);
	}
}

/** The editor shows it as HTML. */
function notice(text: string): ResourceMapperFields {
	const html = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
	return { fields: [], emptyFieldsNotice: html };
}
