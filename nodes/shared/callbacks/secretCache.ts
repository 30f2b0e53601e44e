import { webcrypto } from 'node:crypto';

import { BoundedMap } from './boundedMap';
import { isSignedBy, toKey, type SignatureVerdict } from './signature';

/** How long keys may vouch for a callback after they were read, in milliseconds: a removed secret works no longer. */
export const MAX_AGE_MS = 60_000;

/** Keys that were read less than this long ago, in milliseconds, are not read again, whoever sends what. */
export const FRESH_MS = 1000;

/** How many credentials are remembered. */
export const MAX_CREDENTIALS = 100;

interface Kept {
	keys: webcrypto.CryptoKey[];
	readAt: number;
}

/**
 * The keys of credentials, kept in this process for a short while: n8n takes far longer to give a credential than a
 * signature takes to be verified. They are kept as objects that can verify and cannot be read out.
 */
export class SecretCache {
	/** By the name of the credential. */
	private readonly kept = new BoundedMap<Kept>(MAX_CREDENTIALS);

	private readonly reading = new Map<string, Promise<Kept>>();

	private readonly now: () => number;

	/** @param now milliseconds, of a clock that never goes back */
	constructor(now: () => number) {
		this.now = now;
	}

	/** How many credentials are remembered. */
	get size(): number {
		return this.kept.size;
	}

	/**
	 * Whether one of the credential's secrets signed exactly these bytes. Keys that are remembered may say yes; a no
	 * comes from fresh ones, so that a new secret is known at once. Throws what `readSecrets` throws.
	 *
	 * @param name of the credential and of the workflow that uses it
	 */
	async verify(
		name: string,
		readSecrets: () => Promise<string[]>,
		rawBody: Buffer,
		signature: Buffer,
	): Promise<Extract<SignatureVerdict, 'valid' | 'invalid' | 'noSecret'>> {
		const known = await this.get(name, MAX_AGE_MS, readSecrets);
		if (await isSignedBy(known, rawBody, signature)) return 'valid';
		const fresh = await this.get(name, FRESH_MS, readSecrets);
		if (fresh !== known && (await isSignedBy(fresh, rawBody, signature))) return 'valid';
		return fresh.length > 0 ? 'invalid' : 'noSecret';
	}

	/** The credential's keys, read less than `maxAge` milliseconds ago. Who asks during a reading shares it. */
	private async get(
		name: string,
		maxAge: number,
		readSecrets: () => Promise<string[]>,
	): Promise<webcrypto.CryptoKey[]> {
		this.forgetOld();
		const known = this.kept.get(name);
		if (known && this.now() - known.readAt < maxAge) return known.keys;
		const reading = this.reading.get(name) ?? this.read(name, readSecrets);
		this.reading.set(name, reading);
		return (await reading).keys;
	}

	private async read(name: string, readSecrets: () => Promise<string[]>): Promise<Kept> {
		const readAt = this.now();
		let kept: Kept | undefined;
		try {
			kept = { keys: await Promise.all((await readSecrets()).map(toKey)), readAt };
			return kept;
		} finally {
			this.reading.delete(name);
			if (kept) this.kept.set(name, kept);
			// The credential may have been deleted: then what is remembered of it must not vouch for anything more.
			else this.kept.delete(name);
		}
	}

	private forgetOld() {
		for (const [name, { readAt }] of this.kept) {
			if (this.now() - readAt >= MAX_AGE_MS) this.kept.delete(name);
		}
	}
}
