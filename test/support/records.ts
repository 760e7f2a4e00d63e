import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { mendRecords } from '../../src/node/run/records/recordFiles';
import { RunFolder } from '../../src/node/run/runFolder';

export const COLUMNS = ['loss', 'domainLoss', 'generalLoss', 'learningRate', 'tokensPerSecond', 'gradNorm'];

type Line = Readonly<Record<string, unknown>> & { readonly time: string; readonly step: number };

/** The steps and evaluations of a log that count, found by going backwards: what a later line does again does not. */
export function countingLines(run: string): Line[] {
  const lines = readFileSync(join(run, 'events.ndjson'), 'utf8').split('\n').slice(0, -1).reverse();
  const kept: Line[] = [];
  let before = { step: Infinity, eval: Infinity };
  for (const text of lines) {
    const line = JSON.parse(text) as Line & { type: string; status?: string };
    if (line.type === 'status' && (line.status === 'started' || line.status === 'resumed')) {
      const most = line.step + 1;
      before = { step: Math.min(before.step, most), eval: Math.min(before.eval, most) };
    } else if (line.type === 'step' && line.step < before.step) {
      kept.unshift(line);
      before = { step: line.step, eval: Math.min(before.eval, line.step) };
    } else if (line.type === 'eval' && line.step < before.eval) {
      kept.unshift(line);
      before = { step: Math.min(before.step, line.step + 1), eval: line.step };
    }
  }
  return kept;
}

/** Checks that metrics.csv has every number of the log that counts, in full precision, each step once. */
export function assertMetricsCsv(run: string): void {
  const rows = new Map<number, Line>();
  for (const line of countingLines(run)) {
    rows.set(line.step, { ...line, ...rows.get(line.step) });
  }
  const [, ...csv] = readFileSync(join(run, 'metrics.csv'), 'utf8').split('\r\n').slice(0, -1);
  assert.ok(csv.length > 0, `${run} has no row`);
  assert.deepEqual(
    csv,
    [...rows.values()].map((row) =>
      [row.step, row.time, ...COLUMNS.map((name) => row[name] ?? '')].map(String).join(','),
    ),
  );
  const files = readdirSync(run).filter((name) => name.includes('tfevents'));
  assert.equal(files.length, 1, files.join());
}

/** Checks that nothing is left to mend: what a trainer kept is what is made of its log. */
export function assertRecordsAsMade(run: string): void {
  const [kept] = readdirSync(run).filter((name) => name.includes('tfevents'));
  const before = readFileSync(join(run, kept ?? ''));
  assert.equal(mendRecords(RunFolder.at(run))?.tensorboard, join(run, kept ?? ''));
  assert.ok(before.equals(readFileSync(join(run, kept ?? ''))), 'some events were missing');
}
