/** Whoever wants to know, without vscode: for what is tested outside an editor. */
export class Listeners<T> {
  private readonly listeners = new Set<(value: T) => void>();

  /** @returns what ends the listening */
  add(listener: (value: T) => void): { dispose: () => void } {
    this.listeners.add(listener);
    return {
      dispose: () => {
        this.listeners.delete(listener);
      },
    };
  }

  emit(value: T): void {
    for (const listener of [...this.listeners]) {
      listener(value);
    }
  }

  clear(): void {
    this.listeners.clear();
  }
}
