import type { Html } from '../html';
import type { ReportFacts } from '../reportFacts';

/** A part of a report. */
export interface ReportSection {
  /** Of its heading, for links. */
  readonly id: string;
  readonly title: string;
  /** Undefined where the run has nothing of it: then there is no such section. */
  readonly body: (facts: ReportFacts) => Html | undefined;
}
