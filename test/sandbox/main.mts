/** Runs the sandbox alone, until Ctrl-C. */
import { parseArgs } from 'node:util';
import { startSandbox } from './server.mts';

const { values } = parseArgs({ options: { port: { type: 'string', default: '4010' } } });
const sandbox = await startSandbox({ port: Number(values.port) });
console.log(`NenAI sandbox (test values, not secrets)
  base URL        ${sandbox.url}
  MCP URL         ${sandbox.mcpUrl}
  Desktop URL     ${sandbox.desktopUrl}
  API key         ${sandbox.apiKey}
  webhook secret  ${sandbox.webhookSecret}

What happened so far:  curl ${sandbox.url}/_sandbox/state
Ctrl-C stops it.`);

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void sandbox.close());
