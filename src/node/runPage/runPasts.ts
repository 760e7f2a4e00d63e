import { RunFolder } from '../run/runFolder';
import { RunPast } from '../run/runPast';

interface Followed {
  readonly past: RunPast;
  /** Of the last event when it was read. */
  updatedAt: string | null;
}

/** What the logs of runs say of their past, each read once and then what is new of it. */
export class PastOfRuns {
  private readonly runs = new Map<string, Followed>();

  /**
   * @param changed told whenever there is something else to show
   * @param failed told why a log cannot be read; its run is then shown without its past
   */
  constructor(
    private readonly changed: () => void,
    private readonly failed: (error: unknown) => void,
  ) {}

  of(run: string): RunPast | undefined {
    return this.runs.get(run)?.past;
  }

  /** Reads what is new of these, and forgets all others. */
  look(runs: readonly { readonly path: string; readonly updatedAt: string | null }[]): void {
    const paths = new Set(runs.map(({ path }) => path));
    for (const path of this.runs.keys()) {
      if (!paths.has(path)) {
        this.runs.delete(path);
      }
    }
    for (const { path, updatedAt } of runs) {
      const followed = this.runs.get(path);
      if (updatedAt !== null && followed?.updatedAt !== updatedAt) {
        const past = followed?.past ?? new RunPast(RunFolder.at(path).file('events'));
        this.runs.set(path, { past, updatedAt });
        past.readOn().then((isNews) => {
          if (isNews) {
            this.changed();
          }
        }, this.failed);
      }
    }
  }
}
