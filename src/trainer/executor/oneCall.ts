/** Holds a model to one call at a time. */
export class OneCall {
  private running = false;

  /** @throws Error while another call is in flight. */
  async run<T>(work: () => T | Promise<T>): Promise<T> {
    if (this.running) {
      throw new Error('A model answers one call at a time, and the last one has not ended.');
    }
    this.running = true;
    try {
      return await work();
    } finally {
      this.running = false;
    }
  }
}
