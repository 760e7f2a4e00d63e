import { messageOf } from '../../shared/common/errors';
import type { RunCurves } from '../../shared/webview/runs';
import { HistoryReader } from '../run/historyReader';
import { RunFolder } from '../run/runFolder';
import { thinned } from './runFeed';

interface Followed {
  readonly reader: HistoryReader;
  isReading: boolean;
  /** Something may have come since the read that is under way began. */
  again: boolean;
  problem: string | null;
}

/** The evaluations and scores of some runs, each read from its log once and then only what is new. */
export class CurvesOfRuns {
  private readonly runs = new Map<string, Followed>();

  /** @param changed told whenever there is more to show */
  constructor(private readonly changed: () => void) {}

  /** From now on exactly these, in this order. */
  set(paths: readonly string[]): void {
    const before = new Map(this.runs);
    this.runs.clear();
    for (const path of paths) {
      const known = before.get(path);
      before.delete(path);
      const reader = known?.reader ?? new HistoryReader(RunFolder.at(path).file('events'));
      this.runs.set(path, known ?? { reader, isReading: false, again: false, problem: null });
    }
    for (const { reader } of before.values()) {
      reader.close();
    }
    this.look();
  }

  /** Reads what is new of each. */
  look(): void {
    for (const followed of this.runs.values()) {
      void this.read(followed);
    }
  }

  get current(): RunCurves[] {
    return [...this.runs].map(([path, { reader, problem }]) => ({
      path,
      evals: [...thinned(reader.history.evals)],
      scores: [...reader.history.scores.shown],
      problem,
    }));
  }

  dispose(): void {
    this.set([]);
  }

  private async read(followed: Followed): Promise<void> {
    if (followed.isReading) {
      followed.again = true;
      return;
    }
    followed.isReading = true;
    const before = shownOf(followed);
    try {
      await followed.reader.readOn();
      followed.problem = null;
    } catch (error) {
      followed.problem = messageOf(error);
    } finally {
      followed.isReading = false;
    }
    if (shownOf(followed) !== before) {
      this.changed();
    }
    if (followed.again) {
      followed.again = false;
      await this.read(followed);
    }
  }
}

/** Changes when there is something else to show. */
function shownOf({ reader, problem }: Followed): string {
  const { evals, scores, cuts } = reader.history.changes;
  return `${reader.generation} ${evals} ${scores} ${cuts} ${problem ?? ''}`;
}
