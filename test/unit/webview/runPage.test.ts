import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as v from 'valibot';
import { answerDifference } from '../../../src/shared/run/answerDifference';
import { RunView, type LogLine, type RunSummary, type RunNews } from '../../../src/shared/webview/run';
import type { CurvePatch } from '../../../src/shared/webview/curvePatch';
import { filteredLog } from '../../../webview/run/logFilter';
import { countBefore, nearest, patched, refined } from '../../../webview/common/curve';
import { detailedCurves, EMPTY_RUN, receive, type RunModel } from '../../../webview/run/runModel';
import { lossSummaryOf } from '../../../webview/run/lossSummary';
import { smoothed } from '../../../src/shared/run/smoothing';
import { stretches } from '../../../webview/run/stepTable';
import { indexAt, unitRows } from '../../../webview/run/unitTable';

function patch(from: number, points: readonly (readonly [number, number])[]): CurvePatch {
  return { from, x: points.map(([x]) => x), y: points.map(([, y]) => y) };
}

function curvesOf(loss: CurvePatch): NonNullable<RunNews['curves']> {
  return { loss, lossMeans: loss, learningRate: loss, tokensPerSecond: loss };
}

function line(seq: number, text: string, level: LogLine['level'] = 'info'): LogLine {
  return { seq, time: '', level, text };
}

describe('what a page knows of a run', () => {
  it('is what all messages together say', () => {
    let run = receive(EMPTY_RUN, {
      type: 'snapshot',
      curves: curvesOf(
        patch(0, [
          [1, 3],
          [2, 2.5],
          [3, 2.25],
        ]),
      ),
      evals: [{ step: 0, domainLoss: 3, generalLoss: 1 }],
      log: { lines: [line(0, 'started')], skipped: 0 },
    });
    run = receive(run, {
      type: 'update',
      curves: curvesOf(
        patch(3, [
          [3, 2],
          [4, 1.5],
        ]),
      ),
    });
    assert.deepEqual(run.curves.loss, { x: [1, 2, 3, 4], y: [3, 2.5, 2, 1.5] });
    assert.equal(run.evals.length, 1);
    run = receive(run, { type: 'update', log: { lines: [line(1, 'saved')], skipped: 0 } });
    assert.deepEqual(
      run.log.lines.map(({ text }) => text),
      ['started', 'saved'],
    );
    const { curves } = run;
    run = receive(run, { type: 'update', evals: [] });
    assert.equal(run.curves, curves, 'what did not change stays the same object');
    run = receive(run, { type: 'snapshot', evals: [{ step: 5, domainLoss: 1, generalLoss: null }] });
    assert.deepEqual(run.curves.loss.x, []);
    assert.deepEqual(run.log.lines, []);
    assert.equal(run.evals[0]?.step, 5);
  });

  it('drops the lines of a log before a gap, and those that are too many, and counts them', () => {
    let run = receive(EMPTY_RUN, { type: 'snapshot', log: { lines: [line(0, 'a')], skipped: 7 } });
    assert.equal(run.log.skipped, 7);
    run = receive(run, { type: 'update', log: { lines: [line(50, 'b')], skipped: 49 } });
    assert.deepEqual([run.log.lines.length, run.log.skipped], [1, 57]);
    const many = Array.from({ length: 5000 }, (_, index) => line(100 + index, String(index)));
    run = receive(run, { type: 'update', log: { lines: many, skipped: 0 } });
    assert.deepEqual([run.log.lines.length, run.log.skipped], [4000, 1058]);
    assert.equal(run.log.lines.at(-1)?.text, '4999');
  });

  it('takes measurements from a step on, and all of them anew when the units are others', () => {
    const column = (step: number, values: number[]): RunModel['units']['columns'][number] => ({
      step,
      source: 'added layers',
      importance: values,
      normalized: values,
      learningRate: values,
    });
    const two = [
      { layer: 1, name: 'a' },
      { layer: 1, name: 'b' },
    ];
    let run = receive(EMPTY_RUN, {
      type: 'snapshot',
      importance: {
        units: two,
        from: 0,
        columns: [column(0, [1, 2]), column(10, [3, 4])],
        total: 2,
        measured: 2,
      },
    });
    run = receive(run, {
      type: 'update',
      importance: {
        units: two,
        from: 10,
        columns: [column(10, [5, 6]), column(20, [7, 8])],
        total: 3,
        measured: 3,
      },
    });
    assert.deepEqual(
      run.units.columns.map(({ step, importance }) => [step, ...importance]),
      [
        [0, 1, 2],
        [10, 5, 6],
        [20, 7, 8],
      ],
    );
    assert.deepEqual(unitRows(run.units, 1, 'importance')[1], {
      layer: 1,
      name: 'b',
      importance: 6,
      normalized: 6,
      learningRate: 6,
      frozen: false,
      change: 4,
    });
    assert.deepEqual(
      [null, 0, 9, 10, 15, 99].map((step) => indexAt(run.units, step)),
      [2, 0, 0, 1, 1, 2],
    );
    run = receive(run, {
      type: 'update',
      importance: { units: two.slice(1), from: 30, columns: [column(30, [9])], total: 4, measured: 4 },
    });
    assert.deepEqual(
      run.units.columns.map(({ step }) => step),
      [30],
    );
  });
});

describe('positions on a curve', () => {
  it('are found by step', () => {
    const steps = [10, 20, 40];
    assert.deepEqual(
      [5, 10, 11, 40, 41].map((step) => countBefore(steps, step)),
      [0, 0, 1, 2, 3],
    );
    assert.deepEqual(
      [-5, 14, 16, 29, 31, 99].map((step) => nearest(steps, step)),
      [0, 0, 1, 1, 2, 2],
    );
    assert.equal(nearest([], 3), undefined);
    assert.deepEqual(patched({ x: [1, 2], y: [1, 2] }, patch(2, [])), { x: [1], y: [1] });
  });
});

describe('a curve with a part in detail', () => {
  it('has the points of the part in the place of its own', () => {
    const whole = { x: [1, 10, 20, 30, 40], y: [1, 10, 20, 30, 40] };
    const part = { from: 11, x: [11, 20, 29, 30], y: [-1, -2, -3, -4] };
    assert.deepEqual(refined(whole, part), {
      x: [1, 10, 11, 20, 29, 30, 40],
      y: [1, 10, -1, -2, -3, -4, 40],
    });
    assert.deepEqual(refined(whole, { from: 0, x: [], y: [] }), whole);
    const run = receive(EMPTY_RUN, {
      type: 'snapshot',
      curves: curvesOf({ from: 0, ...whole }),
      detail: curvesOf(part),
    });
    assert.deepEqual(detailedCurves(run).loss.x, [1, 10, 11, 20, 29, 30, 40]);
    assert.deepEqual(detailedCurves(receive(run, { type: 'update', detail: null })).loss, whole);
  });
});

describe('smoothed', () => {
  it('leaves a constant as it is, and everything without a weight', () => {
    const x = Array.from({ length: 100 }, (_, index) => index + 1);
    assert.ok(smoothed({ x, y: x.map(() => 2) }, 0.9).y.every((value) => Math.abs(value - 2) < 1e-12));
    assert.deepEqual(smoothed({ x: [1, 2], y: [5, 7] }, 0).y, [5, 7]);
    assert.deepEqual(smoothed({ x: [], y: [] }, 0.5).y, []);
  });

  it('is the moving average of TensorBoard, with its correction of the start', () => {
    const { y } = smoothed({ x: [1, 2, 3], y: [1, 2, 4] }, 0.6);
    const expected = [
      1,
      (0.6 * 0.4 * 1 + 0.4 * 2) / (1 - 0.6 ** 2),
      (0.36 * 0.4 + 0.6 * 0.8 + 1.6) / (1 - 0.6 ** 3),
    ];
    assert.ok(
      y.every((value, index) => Math.abs(value - (expected[index] ?? NaN)) < 1e-12),
      y.join(),
    );
  });

  it('counts a value that stands for several steps as often', () => {
    const each = smoothed({ x: [1, 2, 3, 4, 5], y: [1, 3, 3, 3, 5] }, 0.8).y;
    const some = smoothed({ x: [1, 4, 5], y: [1, 3, 5] }, 0.8).y;
    assert.ok(Math.abs((each[4] ?? NaN) - (some[2] ?? NaN)) < 1e-12);
  });
});

describe('stretches', () => {
  it('covers all steps once, in lengths that are easy to read', () => {
    const points = Array.from({ length: 1234 }, (_, index) => [index + 1, Math.sin(index)] as const);
    const loss = patch(0, points);
    const rows = stretches({ loss, lossMeans: loss, learningRate: loss, tokensPerSecond: loss });
    assert.deepEqual([rows[0]?.first, rows[0]?.last, rows[1]?.first], [1, 50, 51]);
    assert.equal(rows.at(-1)?.last, 1234);
    assert.ok(rows.length <= 50);
    rows.forEach((row, index) => {
      assert.equal(row.first, index === 0 ? 1 : (rows[index - 1]?.last ?? 0) + 1);
      const values = points.slice(row.first - 1, row.last).map(([, value]) => value);
      assert.equal(row.lowestLoss, Math.min(...values));
      assert.equal(row.highestLoss, Math.max(...values));
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      assert.ok(Math.abs(row.meanLoss - mean) < 1e-12);
      assert.equal(row.learningRate, values.at(-1));
    });
  });

  it('has none of a run that has no step', () => {
    assert.deepEqual(stretches(EMPTY_RUN.curves), []);
  });
});

describe('lossSummaryOf', () => {
  it('finds start, best and latest of what was measured', () => {
    const run: RunModel = {
      ...EMPTY_RUN,
      summary: { trainingLoss: { steps: 20, now: 1, start: 3 }, gradNorm: 0.5 } as RunSummary,
      evals: [
        { step: 0, domainLoss: 3, generalLoss: null },
        { step: 10, domainLoss: 1, generalLoss: 2 },
        { step: 20, domainLoss: 2, generalLoss: null },
      ],
    };
    const lossSummary = lossSummaryOf(run);
    assert.deepEqual(lossSummary.domainLoss, { now: 2, start: 3, best: { step: 10, value: 1 } });
    assert.deepEqual(lossSummary.generalLoss, { now: 2, start: 2, best: { step: 10, value: 2 } });
    assert.deepEqual(lossSummary.trainingLoss, { steps: 20, now: 1, start: 3 });
    assert.equal(lossSummaryOf(EMPTY_RUN).trainingLoss, undefined);
    assert.equal(lossSummaryOf(EMPTY_RUN).domainLoss.best, undefined);
  });
});

describe('answerDifference', () => {
  it('marks words, and all of two answers that have hardly a word in common', () => {
    const marks = (before: string, after: string): unknown => {
      const told = answerDifference(before, after);
      return [told.before, told.after].map((side) =>
        side.filter(({ changed }) => changed).map(({ text }) => text),
      );
    };
    assert.deepEqual(marks(' Paris is a big city.', ' Paris is a city.'), [['big '], []]);
    const [one, other] = [
      'He is very old and the boat sank.',
      'Water freezes; this makes the ice grow is all',
    ];
    assert.deepEqual(marks(one, other), [[one], [other]]);
    assert.deepEqual(marks('', 'Paris'), [[], ['Paris']]);
  });
});

describe('filteredLog', () => {
  const lines = [line(0, 'Started'), line(1, 'slow disk', 'warn'), line(2, 'the disk is full', 'error')];

  it('keeps lines of a level or a graver one that hold every word', () => {
    const texts = (filter: string, level: LogLine['level']): number[] =>
      filteredLog(lines, filter, level).map(({ seq }) => seq);
    assert.deepEqual(texts('', 'info'), [0, 1, 2]);
    assert.deepEqual(texts('', 'warn'), [1, 2]);
    assert.deepEqual(texts('', 'error'), [2]);
    assert.deepEqual(texts('DISK', 'info'), [1, 2]);
    assert.deepEqual(texts('full disk', 'info'), [2]);
    assert.deepEqual(texts('started', 'warn'), []);
  });
});

describe('the view of a run page', () => {
  it('begins with the curves, smoothed, and everything as it is', () => {
    assert.deepEqual(v.parse(RunView, {}), {
      ...{ tab: 'curves', logScale: false, smoothing: 0.9, sinceStart: false, table: false },
      ...{ unitValue: 'importance', unitScale: 'rank', scrubber: null },
      ...{ answersStep: null, answersPrompt: null, answersFilter: '' },
      ...{ alpha: 1, drop: [], filter: '', level: 'info', zoom: null, machineZoom: null, hiddenMarks: [] },
    });
  });
});
