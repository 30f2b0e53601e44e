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
 * When a callback arrives, n8n resolves the expressions of a credential without the data of the execution. With this
 * setting, a field that cannot be resolved is skipped, and n8n still gives the secrets, which verify the callback. n8n
 * 2.41 knows the setting; 1.123 fails: docs/internals/n8n-behaviour.md#credentials-in-webhook
 */
const NOT_FOR_CALLBACKS: INodePropertyTypeOptions = {
	ignoreCredentialExpressionResolveError: true,
};

/**
 * Tested by the nodes (nodes/shared/transport/credentialTest.ts), because n8n's declarative test cannot distinguish a
 * 400 from a 401 in all versions: docs/internals/n8n-behaviour.md#credential-test
 */
export class NenAiApi implements ICredentialType {
	name = 'nenAiApi';

	displayName = 'NenAI API';

	icon: Icon = {
		light: 'file:../nodes/NenAi/nenai.svg',
		dark: 'file:../nodes/NenAi/nenai.dark.svg',
	};

	documentationUrl = 'https://github.com/getnenai/n8n-nodes-nenai#credentials';

	properties: INodeProperties[] = [
		{
			displayName: 'API Key',
			name: 'apiKey',
			type: 'string',
			typeOptions: { password: true, ...NOT_FOR_CALLBACKS },
			required: true,
			default: '',
			description:
				'The key that your NenAI contact gave you. It is sent as the header x-api-key, and to the Desktop URL also as a bearer token.',
		},
		{
			displayName: 'Webhook Secret',
			name: 'webhookSecret',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			placeholder: 'Needed for results: at least 32 characters',
			description:
				'Needed for Start and Wait and for the NenAI Trigger: it proves that a result comes from NenAI. Create 64 random letters and digits with a password manager (at least 32 are required). Enter them here, and give the same value to your NenAI contact.',
		},
		{
			displayName: 'Default Callback URL',
			name: 'defaultCallbackUrl',
			type: 'string',
			typeOptions: NOT_FOR_CALLBACKS,
			default: '',
			placeholder: 'e.g. https://n8n.example.com/webhook/…/webhook',
			description:
				'Where NenAI sends the results of runs if Callback is set to "Address Saved in the Credential" in Start. Usually the Production URL of a NenAI Trigger: leave it empty until you have one. Start and Wait does not need it.',
		},
		{
			displayName: 'Previous Webhook Secret',
			name: 'previousWebhookSecret',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			description:
				'Leave it empty, except while you change the webhook secret. During that time, keep the old secret here until NenAI uses the new one. Results that are signed with either secret are accepted.',
		},
		{
			displayName: 'Base URL (Leave as Is)',
			name: 'baseUrl',
			type: 'string',
			typeOptions: NOT_FOR_CALLBACKS,
			default: 'https://api.getnen.ai',
			description:
				'The address of the NenAI API, which starts runs. Leave it as it is, unless NenAI told you to change it.',
		},
		{
			displayName: 'MCP URL (Leave as Is)',
			name: 'mcpUrl',
			type: 'string',
			typeOptions: NOT_FOR_CALLBACKS,
			default: 'https://mcp.getnen.ai/v1',
			description:
				"The address of NenAI's MCP server, which provides the status of runs and the list of workflows. Leave it as it is, unless NenAI told you to change it.",
		},
		{
			displayName: 'Desktop URL (Leave as Is)',
			name: 'desktopUrl',
			type: 'string',
			typeOptions: NOT_FOR_CALLBACKS,
			default: 'https://desktop.api.getnen.ai',
			description:
				"The address of NenAI's Desktop API, which controls desktops. Leave it as it is, unless NenAI told you to change it.",
		},
		{
			displayName: 'Deployment ID (Leave Empty)',
			name: 'deploymentId',
			type: 'string',
			typeOptions: NOT_FOR_CALLBACKS,
			default: '',
			description:
				'Leave it empty, unless your NenAI contact gave you one. If your API key has several deployments, it selects the one whose workflows and logs you get.',
		},
	];

	/**
	 * A function, because n8n builds a sandbox for an expression at each request:
	 * docs/internals/n8n-behaviour.md#authentication
	 */
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
