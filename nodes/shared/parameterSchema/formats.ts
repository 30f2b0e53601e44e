/** A format of text in a JSON Schema. */
interface Format {
	/** What it is, with an example, for errors and labels: "must be a date, such as 2026-01-31". */
	words: string;
	accepts: (text: string) => boolean;
}

const DATE = /^(\d{4})-(\d\d)-(\d\d)$/;
const TIME = /^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?$/i;
const NUMBER_OF_IPV4 = /^(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)$/;

const date: Format = { words: 'a date, such as 2026-01-31', accepts: isDate };
const uuid: Format = {
	words: 'a UUID, such as 12345678-1234-1234-1234-123456789abc',
	accepts: (text) => /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i.test(text),
};

/**
 * The formats that are checked here, as NenAI (Pydantic) understands them: a time needs no time zone. NenAI checks the
 * others.
 */
const FORMATS = new Map<unknown, Format>([
	['date', date],
	['date-time', { words: 'a date and time, such as 2026-01-31T09:30:00Z', accepts: isDateTime }],
	['time', { words: 'a time, such as 09:30', accepts: (text) => TIME.test(text) }],
	[
		'email',
		{
			words: 'an email address',
			accepts: (text) => /^[^\s@]+@[^\s@.]+(\.[^\s@.]+)+$/.test(text),
		},
	],
	['uuid', uuid],
	['uuid1', uuid],
	['uuid3', uuid],
	['uuid4', uuid],
	['uuid5', uuid],
	[
		'uri',
		{
			words: 'a full web address, such as https://example.com',
			accepts: (text) => /^[a-z][a-z\d+.-]*:\S+$/i.test(text) && URL.canParse(text),
		},
	],
	['ipv4', { words: 'an IPv4 address, such as 192.0.2.1', accepts: isIpv4 }],
]);

export function formatOf(name: unknown): Format | undefined {
	return FORMATS.get(name);
}

function isDate(text: string): boolean {
	const match = DATE.exec(text);
	if (match === null) return false;
	const [year, month, day] = match.slice(1).map(Number);
	const days = new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate();
	return year >= 1 && month >= 1 && month <= 12 && day >= 1 && day <= days;
}

function isDateTime(text: string): boolean {
	return isDate(text.slice(0, 10)) && /^[T_ ]$/i.test(text[10] ?? '') && TIME.test(text.slice(11));
}

function isIpv4(text: string): boolean {
	const numbers = text.split('.');
	return numbers.length === 4 && numbers.every((number) => NUMBER_OF_IPV4.test(number));
}

/** The date of a date and time at midnight, as n8n's date picker gives it. Undefined if it is another time. */
export function dateOfMidnight(text: string): string | undefined {
	const isMidnight = /^.{10}[T ]00:00(:00(\.0+)?)?(Z|[+-]\d\d:?\d\d)?$/i.test(text);
	return isMidnight && isDate(text.slice(0, 10)) ? text.slice(0, 10) : undefined;
}
