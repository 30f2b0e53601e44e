import { createServer, type RequestListener, type Server } from 'node:http';

/** A server on loopback that can stop listening and come back on the same port. */
export class Listener {
	#server: Server;
	#port: number;

	/** Port 0 takes a free one, and keeps it. */
	constructor(port: number, onRequest: RequestListener) {
		this.#server = createServer(onRequest);
		this.#port = port;
	}

	get url(): string {
		return `http://127.0.0.1:${this.#port}`;
	}

	async open(): Promise<void> {
		if (this.#server.listening) return;
		await new Promise<void>((resolve, reject) => {
			const failed = (error: NodeJS.ErrnoException): void =>
				reject(
					error.code === 'EADDRINUSE'
						? new Error(`Port ${this.#port} of 127.0.0.1 is in use`)
						: error,
				);
			this.#server.once('error', failed);
			this.#server.listen(this.#port, '127.0.0.1', () => {
				this.#server.off('error', failed);
				resolve();
			});
		});
		const address = this.#server.address();
		if (typeof address === 'object' && address) this.#port = address.port;
	}

	/** Closes every connection, those with a request under way included. */
	async close(): Promise<void> {
		if (!this.#server.listening) return;
		await new Promise((resolve) => {
			this.#server.close(resolve);
			this.#server.closeAllConnections();
		});
	}
}
