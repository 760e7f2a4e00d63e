import { appendFileSync, closeSync, openSync } from 'node:fs';
import { inputError, messageOf } from '../../shared/common/errors';
import type { NewCommandEvent } from '../../shared/run/commandEvent';

// Often enough for a progress bar, seldom enough that a command of an hour writes a small file.
const PROGRESS_INTERVAL_MILLISECONDS = 200;

/** The file that `--events` names: one JSON object a line, each appended by one write. */
export class EventFile {
  private lastProgress = 0;

  private constructor(private readonly descriptor: number) {}

  /** @throws AdeptError (input) when the file cannot be written. */
  static open(file: string, command: string): EventFile {
    let descriptor: number;
    try {
      descriptor = openSync(file, 'a');
    } catch (error) {
      throw inputError(
        `--events: ${file} cannot be written (${messageOf(error)}): name another path.`,
        error,
      );
    }
    const events = new EventFile(descriptor);
    events.append({ type: 'started', pid: process.pid, command });
    return events;
  }

  append(event: NewCommandEvent): void {
    appendFileSync(this.descriptor, `${JSON.stringify({ time: new Date().toISOString(), ...event })}\n`);
  }

  /** As often as is useful; the others are left out. */
  progress(fraction: number, message: string): void {
    const now = Date.now();
    if (now - this.lastProgress >= PROGRESS_INTERVAL_MILLISECONDS) {
      this.lastProgress = now;
      this.append({ type: 'progress', fraction, message });
    }
  }

  close(): void {
    closeSync(this.descriptor);
  }
}
