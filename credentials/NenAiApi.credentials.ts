import type {
	IAuthenticate,
	ICredentialDataDecryptedObject,
	ICredentialType,
	Icon,
	IHttpRequestOptions,
	INodeProperties,
	INodePropertyTypeOptions,
} from 'n8n-workflow';

import { inOneText } from '../nodes/shared/failures/failure';
import { NO_SECRETS } from '../nodes/shared/failures/redact';
import { apiKeyProblem, readCredential } from '../nodes/shared/transport/credential';

/**
 * When a callback comes, n8n resolves the expressions of a credential without the data of the execution. A field that
 * cannot be resolved then must not keep it from the secrets, which verify the callback (n8n 2.41; earlier ones fail).
 */
const NOT_FOR_CALLBACKS: INodePropertyTypeOptions = {
	ignoreCredentialExpressionResolveError: true,
};

/** Tested by the NenAI node (see nodes/shared/transport/credentialTest.ts): n8n's declarative test cannot tell a 400 from a 401 on all versions. */
export class NenAiApi implements ICredentialType {
	name = 'nenAiApi';

	displayName = 'NenAI API';

	icon: Icon = {
		light: 'file:../nodes/NenAi/nenai.svg',
		dark: 'file:../nodes/NenAi/nenai.dark.svg',
	};

	documentationUrl = 'https://docs.getnen.ai';

	properties: INodeProperties[] = [
		{
			displayName: 'API Key',
			name: 'apiKey',
			type: 'string',
			typeOptions: { password: true, ...NOT_FOR_CALLBACKS },
			required: true,
			default: '',
			description:
				'The key that your NenAI contact gave you. It is sent as the header x-api-key, and to the Desktop URL as a bearer token, too.',
		},
		{
			displayName: 'Base URL',
			name: 'baseUrl',
			type: 'string',
			typeOptions: NOT_FOR_CALLBACKS,
			default: 'https://api.getnen.ai',
			description: 'Where the NenAI API is. Change it only if NenAI told you to.',
		},
		{
			displayName: 'Webhook Secret',
			name: 'webhookSecret',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			description:
				'Proves that a callback comes from NenAI. Make one with "openssl rand -hex 32", enter it here, and give the same value to your NenAI contact. The NenAI Trigger and "Start and Wait" need it.',
		},
		{
			displayName: 'Previous Webhook Secret',
			name: 'previousWebhookSecret',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			description:
				'Callbacks signed with this one are accepted too. While you change the secret, keep the old one here until NenAI uses the new one.',
		},
		{
			displayName: 'Default Callback URL',
			name: 'defaultCallbackUrl',
			type: 'string',
			typeOptions: NOT_FOR_CALLBACKS,
			default: '',
			placeholder: 'e.g. https://n8n.example.com/webhook/…/webhook',
			description:
				'Where NenAI reports what became of a run, for each Start whose Callback is "Default of the Credential". Usually the Production URL of a NenAI Trigger: leave it empty until you have one. Start and Wait does not use it.',
		},
		{
			displayName: 'MCP URL',
			name: 'mcpUrl',
			type: 'string',
			typeOptions: NOT_FOR_CALLBACKS,
			default: 'https://mcp.getnen.ai/v1',
			description:
				'Where NenAI is asked about runs and workflows (its MCP server). Change it only if NenAI told you to.',
		},
		{
			displayName: 'Deployment ID',
			name: 'deploymentId',
			type: 'string',
			typeOptions: NOT_FOR_CALLBACKS,
			default: '',
			description:
				'For an API key with several deployments: the one whose workflows and logs are meant. Leave it empty unless your NenAI contact gave you one.',
		},
		{
			displayName: 'Desktop URL',
			name: 'desktopUrl',
			type: 'string',
			typeOptions: NOT_FOR_CALLBACKS,
			default: 'https://desktop.api.getnen.ai',
			description:
				"Where NenAI's desktops are controlled (its Desktop API). Change it only if NenAI told you to.",
		},
	];

	/** A function rather than an expression template: n8n then builds no expression sandbox for each request. */
	authenticate: IAuthenticate = async (
		credentials: ICredentialDataDecryptedObject,
		requestOptions: IHttpRequestOptions,
	): Promise<IHttpRequestOptions> => {
		const { apiKey } = readCredential(credentials);
		const problem = apiKeyProblem(apiKey);
		if (problem !== undefined) throw new Error(inOneText(problem).write(NO_SECRETS));
		return { ...requestOptions, headers: { ...requestOptions.headers, 'x-api-key': apiKey } };
	};
}
