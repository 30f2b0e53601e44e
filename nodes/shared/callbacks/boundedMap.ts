/** A map of limited size: a new entry removes the one that was set longest ago. */
export class BoundedMap<Value> extends Map<string, Value> {
	private readonly maxSize: number;

	constructor(maxSize: number) {
		super();
		this.maxSize = maxSize;
	}

	override set(key: string, value: Value): this {
		this.delete(key);
		super.set(key, value);
		const [oldest] = this.keys();
		if (this.size > this.maxSize) this.delete(oldest);
		return this;
	}
}
