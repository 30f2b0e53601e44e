import * as n8n from 'n8n-workflow';

/** Read at a node's description, it would fail with words that tell a builder nothing. n8n-workflow has it from 1.89 on. */
if (!('NodeConnectionTypes' in n8n)) {
	throw new Error(
		'n8n-nodes-nenai needs n8n 1.90 or later: update n8n, then install this package again',
	);
}
