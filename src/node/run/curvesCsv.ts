import { toCsv } from '../../shared/heatmap/valueTable';
import type { RunEvent } from '../../shared/run/runFolder';
import { GrowingFile } from '../files/growingFile';
import { parseEventLine } from './eventParser';

const VALUES = {
  'training loss': 'loss',
  'domain loss': 'domainLoss',
  'general loss': 'generalLoss',
  'learning rate': 'learningRate',
  'tokens per second': 'tokensPerSecond',
  'gradient norm': 'gradNorm',
} as const;
type ValueName = (typeof VALUES)[keyof typeof VALUES];
type Row = { readonly step: number } & Partial<Record<ValueName, number | null>>;

/**
 * The curves of a run in full precision: a row for each step that counts, by ascending step, and an empty cell for what was not
 * measured there. Losses are in nats per token.
 * @param file events.ndjson; lines that are no events are passed over, as the page does that shows the curves
 * @throws the file system's error when it exists and cannot be read
 */
export async function curvesCsv(file: string): Promise<string> {
  const rows: Row[] = [];
  const log = new GrowingFile(file);
  await log.open();
  try {
    for (let lines = await log.next(); lines !== undefined; lines = await log.next()) {
      addLines(rows, lines.bytes, lines.end);
    }
  } finally {
    await log.close();
  }
  return toCsv({
    headings: ['step', ...Object.keys(VALUES)],
    rows: rows.map((row) => [String(row.step), ...Object.values(VALUES).map((name) => textOf(row[name]))]),
  });
}

function textOf(value: number | null | undefined): string {
  return value === undefined || value === null ? '' : String(value);
}

function addLines(rows: Row[], bytes: Buffer, end: number): void {
  for (let begin = 0; begin < end;) {
    const newline = bytes.indexOf(0x0a, begin);
    const parsed = parseEventLine(bytes.toString('utf8', begin, newline));
    if ('event' in parsed) {
      addEvent(rows, parsed.event);
    }
    begin = newline + 1;
  }
}

function addEvent(rows: Row[], event: RunEvent): void {
  if (event.type === 'status') {
    // Where a run goes back, what it did after that step no longer counts.
    if ((event.status === 'started' || event.status === 'resumed') && event.step !== undefined) {
      cutAfter(rows, event.step);
    }
  } else if (event.type === 'step') {
    const { step, loss, learningRate, tokensPerSecond, gradNorm } = event;
    cutAfter(rows, step - 1);
    rows.push({ step, loss, learningRate, tokensPerSecond, gradNorm });
  } else if (event.type === 'eval') {
    const { step, domainLoss, generalLoss } = event;
    cutAfter(rows, step);
    const at = rows.at(-1)?.step === step ? rows.pop() : undefined;
    rows.push({ ...at, step, domainLoss, generalLoss });
  }
}

function cutAfter(rows: Row[], step: number): void {
  while ((rows.at(-1)?.step ?? -1) > step) {
    rows.pop();
  }
}
