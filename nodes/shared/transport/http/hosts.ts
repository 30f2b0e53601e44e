/**
 * Addresses that mean something else on each machine or in each network. Host names have the form of the class URL:
 * lower case, numbers in one form, IPv6 in brackets.
 */

/** A dot at the end stands for the root of all names. It does not change the host. */
function normalized(hostname: string): string {
	return hostname.replace(/\.$/, '');
}

/** An IPv4 address that is written as IPv6 (`[::ffff:7f00:1]`), as IPv4. Everything else stays. */
function asIpv4(hostname: string): string {
	const [, high, low] = /^\[::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})\]$/.exec(hostname) ?? [];
	if (high === undefined) return hostname;
	const bytes = [high, low].flatMap((part) => [
		Number.parseInt(part, 16) >> 8,
		Number.parseInt(part, 16) & 255,
	]);
	return bytes.join('.');
}

/** Whether the host is this machine: `localhost`, 127.0.0.0/8, ::1, and the unspecified addresses 0.0.0.0/8 and ::. */
export function isLoopback(hostname: string): boolean {
	const host = asIpv4(normalized(hostname));
	return (
		host === 'localhost' ||
		host.endsWith('.localhost') ||
		host === '[::1]' ||
		host === '[::]' ||
		/^(127|0)(\.\d+){3}$/.test(host)
	);
}

/**
 * Whether the host exists only in the same network, such as the server from which a cloud machine gets its credentials:
 * 169.254.0.0/16, fe80::/10, and fd00:ec2::254 of AWS.
 */
export function isLinkLocal(hostname: string): boolean {
	const host = asIpv4(normalized(hostname));
	return (
		/^169\.254(\.\d+){2}$/.test(host) ||
		/^\[fe[89ab][0-9a-f]:/.test(host) ||
		host === '[fd00:ec2::254]'
	);
}
