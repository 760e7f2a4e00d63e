/** What was asked for last, by key; what is dropped for newer values is disposed of. */
export class KeptFew<K, V extends object> {
  private readonly values = new Map<K, V>();

  constructor(
    private readonly limit: number,
    private readonly dispose: (value: V) => void,
  ) {}

  /** The value that is kept, or one that `make` makes. */
  get(key: K, make: () => V): V {
    const value = this.values.get(key) ?? make();
    this.values.delete(key);
    this.values.set(key, value);
    const [oldest] = this.values;
    if (this.values.size > this.limit && oldest) {
      this.values.delete(oldest[0]);
      this.dispose(oldest[1]);
    }
    return value;
  }

  clear(): void {
    for (const value of this.values.values()) {
      this.dispose(value);
    }
    this.values.clear();
  }
}
