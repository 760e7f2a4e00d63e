import { closeSync, existsSync, fsyncSync, ftruncateSync, openSync, readFileSync } from 'node:fs';
import { AdeptError } from '../../shared/common/errors';
import type { NewRunEvent, RunEvent } from '../../shared/run/runFolder';
import { writeFully } from '../files/atomicFile';
import { readError, writeError } from '../files/fileError';
import { requireEvent } from './eventParser';

const NEWLINE = 0x0a;

/**
 * events.ndjson, append-only. Each event is one write of one line; a line that a kill tore is cut off when the log is
 * opened again, so that every line is whole.
 */
export class EventWriter {
  private broken = false;

  private constructor(
    private readonly file: string,
    private readonly descriptor: number,
    private seq: number,
    private bytes: number,
    private readonly onEvent: (event: RunEvent) => void,
  ) {}

  /** @throws AdeptError (input) naming the line that is no event, or why the file cannot be written. */
  static open(file: string, onEvent: (event: RunEvent) => void = () => undefined): EventWriter {
    const { events, bytes } = readLog(file);
    try {
      const descriptor = openSync(file, 'a');
      ftruncateSync(descriptor, bytes);
      return new EventWriter(file, descriptor, events.length, bytes, onEvent);
    } catch (error) {
      throw writeError(file, error);
    }
  }

  /** @throws AdeptError (input) when there is no room for the event; the log ends in a whole line all the same. */
  append(event: NewRunEvent): RunEvent {
    const stamped: RunEvent = { seq: this.seq, time: new Date().toISOString(), ...event };
    const line = Buffer.from(`${JSON.stringify(stamped)}\n`);
    this.guard(() => {
      writeFully(this.descriptor, line);
    });
    this.seq += 1;
    this.bytes += line.length;
    this.onEvent(stamped);
    return stamped;
  }

  /** As {@link append}, for the last log lines of a run that breaks: where the log cannot be written they are left out. */
  appendIfPossible(event: NewRunEvent): void {
    try {
      this.append(event);
    } catch (error) {
      if (!(error instanceof AdeptError)) {
        throw error;
      }
    }
  }

  /** Waits until all events are on the disk. */
  sync(): void {
    this.guard(() => {
      fsyncSync(this.descriptor);
    });
  }

  close(): void {
    try {
      // Whoever met the failure has been told; what could be written is.
      if (!this.broken) {
        this.sync();
      }
    } finally {
      closeSync(this.descriptor);
    }
  }

  private guard(write: () => void): void {
    try {
      write();
    } catch (error) {
      this.broken = true;
      ftruncateSync(this.descriptor, this.bytes);
      throw writeError(this.file, error);
    }
  }
}

/** Every whole event of a log; a torn last line is left out. @throws AdeptError (input) naming the line that is no event. */
export function readEvents(file: string): RunEvent[] {
  return readLog(file).events;
}

/** `bytes` is the length of all whole lines. */
function readLog(file: string): { events: RunEvent[]; bytes: number } {
  if (!existsSync(file)) {
    return { events: [], bytes: 0 };
  }
  let content: Buffer;
  try {
    content = readFileSync(file);
  } catch (error) {
    throw readError(file, 'a run folder', error);
  }
  const bytes = content.lastIndexOf(NEWLINE) + 1;
  const lines = content.toString('utf8', 0, bytes).split('\n').slice(0, -1);
  const events = lines.map((line, index) => requireEvent(line, `${file}, line ${index + 1}`));
  return { events, bytes };
}
