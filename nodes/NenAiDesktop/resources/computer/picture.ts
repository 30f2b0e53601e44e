import type { IBinaryData, IExecuteFunctions } from 'n8n-workflow';

import type { Picture } from '../../../shared/transport/desktop/picture';

/** A picture of a screen as n8n keeps files, with its width and height beside it: NenAI's JSON stays as it is. */
export async function storePicture(
	this: IExecuteFunctions,
	{ bytes, type, extension, pixels }: Picture,
): Promise<IBinaryData> {
	return {
		...(await this.helpers.prepareBinaryData(bytes, `screenshot.${extension}`, type)),
		...pixels,
	};
}
