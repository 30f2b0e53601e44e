/** A map of limited size: what was set longest ago makes room for what is set now. */
export class BoundedMap<Value> extends Map<string, Value> {
	private readonly most: number;

	constructor(most: number) {
		super();
		this.most = most;
	}

	override set(key: string, value: Value): this {
		this.delete(key);
		super.set(key, value);
		const [oldest] = this.keys();
		if (this.size > this.most) this.delete(oldest);
		return this;
	}
}
