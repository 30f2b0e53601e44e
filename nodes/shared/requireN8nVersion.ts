import { NodeConnectionTypes } from 'n8n-workflow';

/**
 * Without this, an older n8n would fail at a node's description with an error that explains nothing. n8n-workflow has
 * NodeConnectionTypes from 1.89 on: docs/internals/n8n-behaviour.md#functions-that-may-be-missing
 */
if (NodeConnectionTypes === undefined) {
	throw new Error(
		'n8n-nodes-nenai needs n8n 1.90 or later: update n8n, then install this package again',
	);
}
