import type { Model } from '../../executor/executor';
import type { Task } from '../../task';
import type { RunLease } from '../lease/runLease';
import type { Progress } from './progress';
import type { TuneInput } from './tuneInput';

/** What the parts of a session work on together. */
export interface SessionParts {
  readonly lease: RunLease;
  readonly input: TuneInput;
  readonly model: Model;
  readonly state: Progress;
  readonly task: Task;
}
