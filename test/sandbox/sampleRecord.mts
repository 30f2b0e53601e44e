import { encodePng, type Colour } from './desktop/png.mts';

/** Letters of five by seven pixels, as far as they are needed. */
const LETTERS: Readonly<Record<string, readonly string[]>> = {
	A: [' ### ', '#   #', '#   #', '#####', '#   #', '#   #', '#   #'],
	C: [' ####', '#    ', '#    ', '#    ', '#    ', '#    ', ' ####'],
	D: ['#### ', '#   #', '#   #', '#   #', '#   #', '#   #', '#### '],
	E: ['#####', '#    ', '#    ', '#### ', '#    ', '#    ', '#####'],
	L: ['#    ', '#    ', '#    ', '#    ', '#    ', '#    ', '#####'],
	M: ['#   #', '## ##', '# # #', '#   #', '#   #', '#   #', '#   #'],
	N: ['#   #', '##  #', '# # #', '#  ##', '#   #', '#   #', '#   #'],
	O: [' ### ', '#   #', '#   #', '#   #', '#   #', '#   #', ' ### '],
	P: ['#### ', '#   #', '#   #', '#### ', '#    ', '#    ', '#    '],
	R: ['#### ', '#   #', '#   #', '#### ', '# #  ', '#  # ', '#   #'],
	S: [' ####', '#    ', '#    ', ' ### ', '    #', '    #', '#### '],
	T: ['#####', '  #  ', '  #  ', '  #  ', '  #  ', '  #  ', '  #  '],
	' ': [],
};

const ADVANCE = 6;
const [WIDTH, HEIGHT] = [640, 240];
const PAPER: Colour = [255, 255, 255];
const INK: Colour = [24, 28, 36];

/** A PNG that n8n's editor can show. It says that it is a sample. */
export const sampleRecord = (() => {
	const pixels = new Uint8Array(WIDTH * HEIGHT);
	write(pixels, 'SAMPLE RECORD', 40, 50, 7);
	write(pixels, 'NOT A REAL PERSON', 40, 150, 4);
	return encodePng(WIDTH, HEIGHT, [PAPER, INK], pixels);
})();

/** Each pixel of a letter becomes a square of `scale` pixels. */
function write(pixels: Uint8Array, text: string, left: number, top: number, scale: number): void {
	for (const [index, letter] of [...text].entries())
		for (const [y, row] of LETTERS[letter].entries())
			for (const [x, sign] of [...row].entries())
				if (sign === '#')
					for (let line = 0; line < scale; line += 1) {
						const start = (top + y * scale + line) * WIDTH + left + (index * ADVANCE + x) * scale;
						pixels.fill(1, start, start + scale);
					}
}
