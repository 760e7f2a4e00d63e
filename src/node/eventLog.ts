import { closeSync, fsyncSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { parseWith } from '../shared/parse';
import { RunEvent, type NewRunEvent } from '../shared/runFolder';
import { existsSync } from 'node:fs';

/**
 * events.ndjson, append-only. Each event is one write of one line; a line that a kill tore is cut off when the log is
 * opened again, so that every line is whole.
 */
export class EventLog {
  private constructor(
    private readonly descriptor: number,
    private seq: number,
    private readonly onEvent: (event: RunEvent) => void,
  ) {}

  static open(file: string, onEvent: (event: RunEvent) => void = () => undefined): EventLog {
    const descriptor = openSync(file, 'a+');
    const text = readFileSync(file, 'utf8');
    const end = text.lastIndexOf('\n') + 1;
    ftruncateSync(descriptor, Buffer.byteLength(text.slice(0, end)));
    const lines = text.slice(0, end).split('\n').slice(0, -1);
    return new EventLog(descriptor, lines.length, onEvent);
  }

  append(event: NewRunEvent): RunEvent {
    const stamped: RunEvent = { seq: this.seq++, time: new Date().toISOString(), ...event };
    writeSync(this.descriptor, `${JSON.stringify(stamped)}\n`);
    this.onEvent(stamped);
    return stamped;
  }

  /** Waits until all events are on the disk. */
  sync(): void {
    fsyncSync(this.descriptor);
  }

  close(): void {
    this.sync();
    closeSync(this.descriptor);
  }
}

/** Every whole event of a log; a torn last line is left out. @throws AdeptError (input) naming the line that is no event. */
export function readEvents(file: string): RunEvent[] {
  if (!existsSync(file)) {
    return [];
  }
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return lines.map((line, index) => parseWith(RunEvent, parseLine(line), `${file}, line ${index + 1}`));
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    // The schema then says what is wrong with it.
    return undefined;
  }
}
