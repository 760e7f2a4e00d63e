import type { Command } from 'commander';
import {
  COMPARED_METRICS,
  comparedScores,
  formatChange,
  formatMetric,
  pointsText,
  type MetricKey,
  pointName,
  type ComparedPoint,
  type ComparedScore,
  type Comparison,
  type UnitChange,
} from '../../shared/run/comparison';
import { metricText, percentText } from '../../shared/run/scores';
import { ENGLISH } from '../../shared/common/localizer';
import { inputError } from '../../shared/common/errors';
import { compare } from '../../trainer/jobs/results/compare';
import type { PointRequest } from '../../trainer/jobs/results/comparedWeights';
import { jsonCommand, requiredText, textOf, withOutput, type RawOptions } from '../common/options';
import { table } from '../common/output';

export function compareCommand(): Command {
  return jsonCommand('compare', 'show how far each unit moved between two checkpoints, and their metrics')
    .option('--run <RUNDIR>', 'run folder')
    .option('--checkpoints <A,B>', 'two steps of the run; base (or 0) is the model before the first step')
    .option('--checkpoint <STEP>', 'step of --run, when compared with another run (default: the last)')
    .option('--with-run <RUNDIR>', 'the other run folder')
    .option('--with-checkpoint <STEP>', 'step of the other run (default: the last)')
    .action(
      withOutput(async (output, raw) => {
        const { a, b } = readPoints(raw);
        const comparison = await compare(a, b, output.cancellableTask());
        output.result(comparison, prose(comparison));
      }),
    );
}

function readPoints(raw: RawOptions): { a: PointRequest; b: PointRequest } {
  const run = requiredText(raw, 'run', '--run');
  const steps = textOf(raw, 'checkpoints');
  const withRun = textOf(raw, 'withRun');
  if (steps === undefined) {
    if (withRun === undefined) {
      throw inputError(
        '--checkpoints: is required: give two steps, as 100,200, or name another run by --with-run.',
      );
    }
    return {
      a: { run, step: readStep(textOf(raw, 'checkpoint'), '--checkpoint') },
      b: { run: withRun, step: readStep(textOf(raw, 'withCheckpoint'), '--with-checkpoint') },
    };
  }
  const clash = ['checkpoint', 'withRun', 'withCheckpoint'].find((key) => raw[key] !== undefined);
  if (clash !== undefined) {
    const flag = `--${clash.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    throw inputError(`${flag}: cannot be given together with --checkpoints: leave one of them out.`);
  }
  const [first, second, ...rest] = steps.split(',');
  if (first === undefined || second === undefined || rest.length > 0) {
    throw inputError(`--checkpoints: "${steps}" is not two steps: give them as 100,200.`);
  }
  return {
    a: { run, step: readStep(first, '--checkpoints') },
    b: { run, step: readStep(second, '--checkpoints') },
  };
}

function readStep(text: string | undefined, flag: string): number | 'base' | undefined {
  if (text === undefined || text.trim() === 'base') {
    return text === undefined ? undefined : 'base';
  }
  if (!/^\d+$/.test(text.trim())) {
    throw inputError(`${flag}: "${text}" is not a step: give one that "adept status" lists, or base.`);
  }
  return Number(text);
}

function prose(comparison: Comparison): string {
  const { a, b, outer, notes } = comparison;
  const metrics = COMPARED_METRICS.map(({ key, name }) => [
    name,
    metric(a, key),
    metric(b, key),
    differenceOf(key, a[key], b[key]),
  ]);
  return [
    `A: ${pointName(a)} of ${a.run}`,
    `B: ${pointName(b)} of ${b.run}`,
    '',
    table([['', 'A', 'B', 'B − A'], ...metrics, ...comparedScores(comparison).map(scoreRow)]),
    '',
    'relative change ‖B − A‖ / ‖A‖ of each unit:',
    table(unitRows(comparison)),
    ...(outer.length === 0 ? [] : ['', table(outer.map(({ name, change }) => [name, formatChange(change)]))]),
    ...(notes.length === 0 ? [] : ['', ...notes]),
  ].join('\n');
}

/** One row a unit, one column a layer: layers are fewer than units and their names shorter. */
function unitRows({ layers, units }: Comparison): string[][] {
  const names = [...new Set(units.map(({ name }) => name))];
  const cell = (layer: number, name: string): UnitChange | undefined =>
    units.find((unit) => unit.layer === layer && unit.name === name);
  return [
    ['', ...layers.map(({ layer }) => `layer ${layer}`)],
    ...names.map((name) => [
      name,
      ...layers.map(({ layer }) => formatChange(cell(layer, name)?.change ?? null)),
    ]),
  ];
}

function scoreRow({ task, metric: counted, a, b, mayBeChance }: ComparedScore): string[] {
  const difference = a === undefined || b === undefined ? '–' : pointsText(b.value - a.value, ENGLISH);
  return [
    `${task}, ${metricText(counted, ENGLISH)}`,
    ...[a, b].map((score) => (score === undefined ? '–' : percentText(score.value))),
    mayBeChance ? `${difference} (may be chance)` : difference,
  ];
}

function metric(point: ComparedPoint, key: MetricKey): string {
  return key === 'step' && point.base ? 'base' : formatMetric(key, point[key]);
}

function differenceOf(key: MetricKey, a: number | null, b: number | null): string {
  return formatMetric(key, a === null || b === null ? null : b - a);
}
