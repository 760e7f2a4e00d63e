const DEBOUNCE_MILLISECONDS = 300;

/** Work that waits until something that comes in bursts, such as typing, pauses. */
export class Debouncer {
  private readonly timers = new Map<string, ReturnType<typeof setTimeout>>();

  /** Does the latest work for a kind of burst, once nothing of its kind came for a while. */
  debounce(kind: string, work: () => void): void {
    clearTimeout(this.timers.get(kind));
    this.timers.set(kind, setTimeout(work, DEBOUNCE_MILLISECONDS));
  }
}
