import type { RunEvent } from '../../shared/run/runFolder';
import { GrowingFile, type Lines } from '../files/growingFile';
import { parseEventLine } from './eventParser';

/**
 * Tells of every event of a log, some at a time, so that a process that does something else meanwhile is not kept from it.
 * @param file events.ndjson; lines that are no events are passed over, as the page does that shows a run
 * @throws the file system's error when it exists and cannot be read
 */
export async function eventsOfLog(file: string, add: (event: RunEvent) => void): Promise<void> {
  const log = new GrowingFile(file);
  await log.open();
  try {
    for (let lines = await log.next(); lines !== undefined; lines = await log.next()) {
      addLines(lines, add);
    }
  } finally {
    await log.close();
  }
}

function addLines({ bytes, end }: Lines, add: (event: RunEvent) => void): void {
  for (let begin = 0; begin < end;) {
    const newline = bytes.indexOf(0x0a, begin);
    const parsed = parseEventLine(bytes.toString('utf8', begin, newline));
    if ('event' in parsed) {
      add(parsed.event);
    }
    begin = newline + 1;
  }
}
