/** How long a computation still takes, judged by how far it has come since its first report. */
export class TimeLeft {
  private first: { readonly fraction: number; readonly time: number } | undefined;

  /**
   * @param fraction of the whole that is done, 0 to 1
   * @param time of the report, milliseconds
   * @returns seconds, or undefined while nothing can be said
   */
  after(fraction: number, time: number): number | undefined {
    if (this.first === undefined || fraction < this.first.fraction) {
      this.first = { fraction, time };
      return undefined;
    }
    const done = fraction - this.first.fraction;
    const elapsed = time - this.first.time;
    // The first seconds hold what happens once, such as loading.
    return done < 0.01 || elapsed < 1000 ? undefined : (elapsed / done) * (1 - fraction) * 1e-3;
  }
}
