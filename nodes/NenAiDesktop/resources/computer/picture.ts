import type { IBinaryData, IExecuteFunctions } from 'n8n-workflow';

import type { Picture } from '../../../shared/transport/desktop/picture';

/** Stores a picture of a screen as an n8n file. Its width and height are added to the file, not to NenAI's JSON. */
export async function storePicture(
	this: IExecuteFunctions,
	{ bytes, type, extension, pixels }: Picture,
): Promise<IBinaryData> {
	return {
		...(await this.helpers.prepareBinaryData(bytes, `screenshot.${extension}`, type)),
		...pixels,
	};
}
