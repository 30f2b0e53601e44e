/** Runs the sandbox alone, until Ctrl-C. */
import { parseArgs } from 'node:util';
import { offerSampleWorkflows, SAMPLE_WORKFLOWS } from './sampleWorkflows.mts';
import { startSandbox } from './server.mts';

const { values } = parseArgs({ options: { port: { type: 'string', default: '4010' } } });
const sandbox = await startSandbox({ port: Number(values.port), resultNote: 'Done' });
offerSampleWorkflows(sandbox);
console.log(`NenAI sandbox (test values, not secrets)
  base URL        ${sandbox.url}
  MCP URL         ${sandbox.mcpUrl}
  Desktop URL     ${sandbox.desktopUrl}
  API key         ${sandbox.apiKey}
  webhook secret  ${sandbox.webhookSecret}

It takes any workflow ID. With these, the run ends as the name says:
${Object.values(SAMPLE_WORKFLOWS)
	.map(({ id, name }) => `  ${id}  ${name}`)
	.join('\n')}

What happened so far:  curl ${sandbox.url}/_sandbox/state
Ctrl-C stops it.`);

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void sandbox.close());
