import { isLinkLocal, isLoopback } from '../../../../../nodes/shared/transport/http/hosts';

const hostOf = (host: string) => new URL(`http://${host}/`).hostname;

test.each([
	...[
		'localhost',
		'LOCALHOST',
		'localhost.',
		'a.localhost',
		'a.localhost.',
		'127.0.0.1',
		'127.255.1.2',
		'127.1',
		'0x7f000001',
		'2130706433',
		'0177.0.0.1',
	],
	...[
		'0.0.0.0',
		'0',
		'0.1.2.3',
		'[::1]',
		'[::]',
		'[0:0:0:0:0:0:0:1]',
		'[::ffff:127.0.0.1]',
		'[::ffff:7f00:1]',
		'[::ffff:0.0.0.0]',
	],
])('%s is the machine itself', (host) => {
	expect(isLoopback(hostOf(host))).toBe(true);
	expect(isLinkLocal(hostOf(host))).toBe(false);
});

test.each([
	'169.254.169.254',
	'169.254.0.1',
	'[fe80::1]',
	'[febf::1]',
	'[fd00:ec2::254]',
	'[fd00:0ec2:0:0:0:0:0:254]',
	'[::ffff:169.254.169.254]',
	'2852039166',
])('%s is known in the same network only', (host) => {
	expect(isLinkLocal(hostOf(host))).toBe(true);
	expect(isLoopback(hostOf(host))).toBe(false);
});

test.each([
	'example.com',
	'localhost.example.com',
	'notlocalhost',
	'10.0.0.1',
	'128.0.0.1',
	'1.127.0.0.1.nip.io',
	'169.253.1.1',
	'[fec0::1]',
	'[fd00:ec2::253]',
	'[2001:db8::1]',
	'[::ffff:8.8.8.8]',
	'127.0.0.1.example.com',
])('%s is neither', (host) => {
	expect([isLoopback(hostOf(host)), isLinkLocal(hostOf(host))]).toEqual([false, false]);
});
