import type { Sandbox } from '../sandbox/index.mts';
import type { N8nClient } from './client.mts';
import type { N8nInstance } from './instance.mts';

/** A real n8n beside a local NenAI. What tests, and the bench, add to it is theirs. */
export interface TestEnvironment<N8n = N8nInstance> {
	sandbox: Sandbox;
	n8n: N8n;
	client: N8nClient;
}
