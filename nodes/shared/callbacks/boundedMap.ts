/** A map of limited size: a new entry removes the one that was set longest ago. */
export class BoundedMap<Value> extends Map<string, Value> {
	constructor(private readonly maxSize: number) {
		super();
	}

	override set(key: string, value: Value): this {
		this.delete(key);
		super.set(key, value);
		const [oldest] = this.keys();
		if (this.size > this.maxSize) this.delete(oldest);
		return this;
	}
}
