/** A local mail server: takes every message, and keeps it. */
import type { AddressInfo } from 'node:net';
import { simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';
import type { CredentialJson } from '../n8n/client.mts';
import { waitFor } from '../n8n/poll.mts';

export interface Message {
	to: string;
	subject: string;
	/** Its visible text. */
	text: string;
	/** The links of its buttons. */
	buttons: string[];
}

export class MailServer {
	/** Since the start or the last `clear`, oldest first. */
	messages: Message[] = [];
	/** Set it, and every message is rejected. */
	isFull = false;

	readonly #server: SMTPServer;

	private constructor() {
		this.#server = new SMTPServer({
			authOptional: true,
			disabledCommands: ['STARTTLS'],
			onData: (stream, _session, done) => {
				simpleParser(stream).then(
					({ to, subject = '', text = '', html }) => {
						if (this.isFull) return done(new Error('The mailbox is full'));
						this.messages.push({
							to: [to ?? []].flat()[0].text,
							subject,
							text,
							buttons: [...String(html).matchAll(/href="([^"]+)"/g)].map(([, link]) =>
								link.replaceAll('&amp;', '&'),
							),
						});
						done();
					},
					(error: Error) => done(error),
				);
			},
		});
	}

	/** On a free port of 127.0.0.1. */
	static async start(): Promise<MailServer> {
		const mail = new MailServer();
		await new Promise<void>((resolve, reject) => {
			mail.#server.on('error', reject);
			mail.#server.listen(0, '127.0.0.1', resolve);
		});
		return mail;
	}

	/** n8n's credential for it. */
	get credential(): CredentialJson {
		const { port } = this.#server.server.address() as AddressInfo;
		const data = { host: '127.0.0.1', port, secure: false, disableStartTls: true };
		return { name: 'Mail (local)', type: 'smtp', data: { ...data, user: '', password: '' } };
	}

	/** The next message, which is removed. */
	async next(): Promise<Message> {
		return await waitFor('a message', async () => this.messages.shift(), { timeoutMs: 60_000 });
	}

	clear(): void {
		this.messages = [];
		this.isFull = false;
	}

	async close(): Promise<void> {
		await new Promise<void>((resolve) => this.#server.close(() => resolve()));
	}
}
