import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { mendRecords } from '../../src/node/run/records/recordFiles';
import { RunFolder } from '../../src/node/run/runFolder';

export const COLUMNS = ['loss', 'domainLoss', 'generalLoss', 'learningRate', 'tokensPerSecond', 'gradNorm'];

type Line = Readonly<Record<string, unknown>> & { readonly time: string; readonly step: number };

/** The steps, evaluations and scores of a log that count, found by going backwards: what a later line does again does not. */
export function countingLines(run: string): Line[] {
  const lines = readFileSync(join(run, 'events.ndjson'), 'utf8').split('\n').slice(0, -1).reverse();
  const kept: Line[] = [];
  let before = { step: Infinity, eval: Infinity, scores: Infinity };
  // Tasks that were scored at a step and count: others of the same step do, too.
  let scored = { step: Infinity, tasks: new Set<unknown>() };
  for (const text of lines) {
    const line = JSON.parse(text) as Line & { type: string; status?: string };
    if (line.type === 'status' && (line.status === 'started' || line.status === 'resumed')) {
      const most = line.step + 1;
      before = {
        step: Math.min(before.step, most),
        eval: Math.min(before.eval, most),
        scores: Math.min(before.scores, most),
      };
    } else if (line.type === 'step' && line.step < before.step) {
      kept.unshift(line);
      const [evaluated, scores] = [before.eval, before.scores].map((bound) => Math.min(bound, line.step));
      before = { step: line.step, eval: evaluated ?? 0, scores: scores ?? 0 };
    } else if (line.type === 'eval' && line.step < before.eval) {
      kept.unshift(line);
      before = {
        step: Math.min(before.step, line.step + 1),
        eval: line.step,
        scores: Math.min(before.scores, line.step),
      };
    } else if (
      line.type === 'scores' &&
      line.step < before.scores &&
      (line.step < scored.step || (line.step === scored.step && !scored.tasks.has(line.task)))
    ) {
      kept.unshift(line);
      const tasks = line.step === scored.step ? scored.tasks : new Set();
      scored = { step: line.step, tasks: tasks.add(line.task) };
      const [step, evaluated] = [before.step, before.eval].map((bound) => Math.min(bound, line.step + 1));
      before = { ...before, step: step ?? 0, eval: evaluated ?? 0 };
    }
  }
  return kept;
}

/** The scores of a line with the limits of Wilson's interval, as its formula stands in textbooks. */
export function scoreValues(line: Line): [name: string, value: number][] {
  if (line.type !== 'scores') {
    return [];
  }
  const {
    task,
    questions: n,
    correct,
  } = line as unknown as {
    readonly task: string;
    readonly questions: number;
    readonly correct: readonly { readonly metric: string; readonly count: number }[];
  };
  const z = 1.959964;
  return correct.flatMap(({ metric, count }): [string, number][] => {
    const p = count / n;
    const root = z * Math.sqrt((p * (1 - p)) / n + z ** 2 / (4 * n ** 2));
    const [low, high] = [-1, 1].map((sign) => (p + z ** 2 / (2 * n) + sign * root) / (1 + z ** 2 / n));
    return [
      [`${task} ${metric}`, p],
      [`${task} ${metric} low`, Math.max(0, low ?? NaN)],
      [`${task} ${metric} high`, Math.min(1, high ?? NaN)],
    ];
  });
}

/** Checks that metrics.csv has every number of the log that counts, in full precision, each step once. */
export function assertMetricsCsv(run: string): void {
  const rows = new Map<number, Line>();
  for (const line of countingLines(run)) {
    rows.set(line.step, { ...line, ...rows.get(line.step) });
  }
  const [heading = '', ...csv] = readFileSync(join(run, 'metrics.csv'), 'utf8').split('\r\n').slice(0, -1);
  assert.ok(csv.length > 0, `${run} has no row`);
  const scores = countingLines(run).map((line) => ({ step: line.step, values: scoreValues(line) }));
  const names = [...new Set(scores.flatMap(({ values }) => values.map(([name]) => name)))];
  assert.deepEqual(heading.split(',').slice(2 + COLUMNS.length), names);
  const found = csv.map((line) => line.split(','));
  assert.deepEqual(
    found.map((cells) => cells.slice(0, 2 + COLUMNS.length)),
    [...rows.values()].map((row) =>
      [row.step, row.time, ...COLUMNS.map((name) => row[name] ?? '')].map(String),
    ),
  );
  const expected = [...rows.keys()].map((at) =>
    names.map((name) => {
      const all = scores.flatMap(({ step, values }) => (step === at ? values : []));
      return all.find(([other]) => other === name)?.[1];
    }),
  );
  for (const [row, cells] of found.entries()) {
    assertNear(cells.slice(2 + COLUMNS.length), expected[row] ?? []);
  }
  const files = readdirSync(run).filter((name) => name.includes('tfevents'));
  assert.equal(files.length, 1, files.join());
}

function assertNear(cells: readonly string[], values: readonly (number | undefined)[]): void {
  assert.equal(cells.length, values.length);
  for (const [index, value] of values.entries()) {
    const cell = cells[index] ?? '';
    assert.ok(
      value === undefined ? cell === '' : Math.abs(Number(cell) - value) < 1e-12,
      `${cell}: ${value}`,
    );
  }
}

/** Checks that nothing is left to mend: what a trainer kept is what is made of its log. */
export function assertRecordsAsMade(run: string): void {
  const [kept] = readdirSync(run).filter((name) => name.includes('tfevents'));
  const before = readFileSync(join(run, kept ?? ''));
  assert.equal(mendRecords(RunFolder.at(run))?.tensorboard, join(run, kept ?? ''));
  assert.ok(before.equals(readFileSync(join(run, kept ?? ''))), 'some events were missing');
}
