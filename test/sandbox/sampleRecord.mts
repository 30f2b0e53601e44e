const lines = [
	'Sample record',
	'',
	'This file comes from the local stand-in for NenAI.',
	'It is not from a real system, and it names no real person.',
];

const content = `BT /F1 14 Tf 22 TL 72 760 Td ${lines.map((line) => `(${line}) '`).join(' ')} ET`;

const objects = [
	'<< /Type /Catalog /Pages 2 0 R >>',
	'<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
	'<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 4 0 R >> >> /Contents 5 0 R >>',
	'<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
	`<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
];

/** A PDF of one page, in ASCII, so that a character is a byte. */
export const sampleRecord = pdfOf(objects);

function pdfOf(bodies: string[]): string {
	const starts: number[] = [];
	let file = '%PDF-1.4\n';
	for (const [index, body] of bodies.entries()) {
		starts.push(file.length);
		file += `${index + 1} 0 obj\n${body}\nendobj\n`;
	}
	const entries = starts.map((start) => `${String(start).padStart(10, '0')} 00000 n \n`).join('');
	const count = bodies.length + 1;
	return (
		`${file}xref\n0 ${count}\n0000000000 65535 f \n${entries}` +
		`trailer\n<< /Size ${count} /Root 1 0 R >>\nstartxref\n${file.length}\n%%EOF\n`
	);
}
