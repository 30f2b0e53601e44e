import { webcrypto } from 'node:crypto';

import { BoundedMap } from './boundedMap';
import { isSignedBy, toKey, type SignatureVerdict } from './signature';

/**
 * How long keys can be used after they were read, in milliseconds. So a removed secret is accepted for at most this
 * time.
 */
export const MAX_AGE_MS = 60_000;

/** Keys that are younger than this, in milliseconds, are not read again: wrong signatures must not cause load. */
export const FRESH_MS = 1000;

/** How many credentials are cached. */
export const MAX_CREDENTIALS = 100;

interface CachedKeys {
	keys: webcrypto.CryptoKey[];
	readAt: number;
}

/**
 * Caches the keys of credentials in this process for a short time. n8n takes far longer to read a credential than it
 * takes to verify a signature: docs/internals/n8n-behaviour.md#credentials-in-webhook. The keys are objects that can
 * verify but cannot be read out.
 */
export class SecretCache {
	/** By the name of the credential. */
	private readonly cache = new BoundedMap<CachedKeys>(MAX_CREDENTIALS);

	private readonly reading = new Map<string, Promise<CachedKeys>>();

	/** @param now milliseconds, of a clock that never goes back */
	constructor(private readonly now: () => number) {}

	/** How many credentials are cached. */
	get size(): number {
		return this.cache.size;
	}

	/**
	 * Whether one of the credential's secrets signed exactly these bytes. Cached keys can confirm a signature. Before
	 * one is rejected, the keys are read again, so that a new secret works at once. Throws the errors of `readSecrets`.
	 *
	 * @param name identifies the credential and the workflow that uses it
	 */
	async verify(
		name: string,
		readSecrets: () => Promise<string[]>,
		rawBody: Buffer,
		signature: Buffer,
	): Promise<Extract<SignatureVerdict, 'valid' | 'invalid' | 'noSecret'>> {
		const cached = await this.get(name, MAX_AGE_MS, readSecrets);
		if (await isSignedBy(cached, rawBody, signature)) return 'valid';
		const fresh = await this.get(name, FRESH_MS, readSecrets);
		if (fresh !== cached && (await isSignedBy(fresh, rawBody, signature))) return 'valid';
		return fresh.length > 0 ? 'invalid' : 'noSecret';
	}

	/** The credential's keys, read less than `maxAge` milliseconds ago. Calls during a read share its result. */
	private async get(
		name: string,
		maxAge: number,
		readSecrets: () => Promise<string[]>,
	): Promise<webcrypto.CryptoKey[]> {
		this.removeOld();
		const cached = this.cache.get(name);
		if (cached && this.now() - cached.readAt < maxAge) return cached.keys;
		const reading = this.reading.get(name) ?? this.read(name, readSecrets);
		this.reading.set(name, reading);
		return (await reading).keys;
	}

	private async read(name: string, readSecrets: () => Promise<string[]>): Promise<CachedKeys> {
		const readAt = this.now();
		let entry: CachedKeys | undefined;
		try {
			entry = { keys: await Promise.all((await readSecrets()).map(toKey)), readAt };
			return entry;
		} finally {
			this.reading.delete(name);
			if (entry) this.cache.set(name, entry);
			// The credential may have been deleted: its cached keys must not be used any longer.
			else this.cache.delete(name);
		}
	}

	private removeOld() {
		for (const [name, { readAt }] of this.cache) {
			if (this.now() - readAt >= MAX_AGE_MS) this.cache.delete(name);
		}
	}
}
