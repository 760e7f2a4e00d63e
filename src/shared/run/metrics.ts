import type { RunEvent } from './runFolder';
import { scoresOf } from './scores';

/** Something that is measured step by step: the column of a CSV file, and the tag in TensorBoard. */
export interface Metric {
  readonly column: string;
  readonly tag: string;
}

/**
 * What is measured of every run, by the name of the event's field; in a CSV file in this order. Losses are in nats per token.
 */
export const METRICS = {
  loss: { column: 'training loss', tag: 'loss/train' },
  domainLoss: { column: 'domain loss', tag: 'loss/domain' },
  generalLoss: { column: 'general loss', tag: 'loss/general' },
  learningRate: { column: 'learning rate', tag: 'learning_rate' },
  tokensPerSecond: { column: 'tokens per second', tag: 'tokens_per_second' },
  gradNorm: { column: 'gradient norm', tag: 'gradient_norm' },
} as const satisfies Readonly<Record<string, Metric>>;
type MetricName = keyof typeof METRICS;

const NAMES = Object.keys(METRICS) as MetricName[];

/** Events that measure, in the order in which they come at one step. */
const MEASURING = ['step', 'eval', 'scores'] as const;
type Measuring = (typeof MEASURING)[number];
type MeasuringEvent = Extract<RunEvent, { type: Measuring }>;
type ScoresEvent = Extract<RunEvent, { type: 'scores' }>;

/** What one event measures. */
export interface MetricPoint {
  readonly type: Measuring;
  readonly step: number;
  /** ISO 8601. */
  readonly time: string;
  /** Of scores. */
  readonly task?: string;
  /** What was not measured is left out. */
  readonly values: readonly (readonly [metric: Metric, value: number])[];
}

/** What an event measures; undefined for one that measures nothing. */
export function metricPoint(event: RunEvent): MetricPoint | undefined {
  if (!measures(event)) {
    return undefined;
  }
  const { type, step, time } = event;
  return event.type === 'scores'
    ? { type, step, time, task: event.task, values: scoreValues(event) }
    : { type, step, time, values: fieldValues(event) };
}

function measures(event: RunEvent): event is MeasuringEvent {
  return MEASURING.some((type) => type === event.type);
}

function fieldValues(event: Exclude<MeasuringEvent, ScoresEvent>): MetricPoint['values'] {
  const fields: Partial<Record<MetricName, unknown>> = event;
  return NAMES.flatMap((name): [Metric, number][] => {
    const value = fields[name];
    return typeof value === 'number' ? [[METRICS[name], value]] : [];
  });
}

/** Each share of right answers, and its interval. */
function scoreValues(event: ScoresEvent): MetricPoint['values'] {
  return scoresOf(event).flatMap(({ task, metric, value, interval: [low, high] }): [Metric, number][] => {
    const column = `${task} ${metric}`;
    const tag = `score/${task}/${metric}`;
    return [
      [{ column, tag }, value],
      [{ column: `${column} low`, tag: `${tag}_low` }, low],
      [{ column: `${column} high`, tag: `${tag}_high` }, high],
    ];
  });
}

/** Whether what was measured still counts after a later event: where a run goes back, what it did after that step does not. */
export function stillCounts(point: Pick<MetricPoint, 'type' | 'step' | 'task'>, later: RunEvent): boolean {
  if (later.type === 'status') {
    return !beginsAgain(later) || point.step <= (later.step ?? Infinity);
  }
  if (!measures(later) || point.step < later.step) {
    return true;
  }
  const order = MEASURING.indexOf(later.type) - MEASURING.indexOf(point.type);
  const isOther = later.type === 'scores' && order === 0 && later.task !== point.task;
  return point.step === later.step && (order > 0 || isOther);
}

function beginsAgain({ status }: Extract<RunEvent, { type: 'status' }>): boolean {
  return status === 'started' || status === 'resumed';
}

/** All that counts of what was measured, by ascending step. */
export class MetricPoints {
  private readonly list: MetricPoint[] = [];

  get points(): readonly MetricPoint[] {
    return this.list;
  }

  add(event: RunEvent): void {
    for (
      let last = this.list.at(-1);
      last !== undefined && !stillCounts(last, event);
      last = this.list.at(-1)
    ) {
      this.list.pop();
    }
    const point = metricPoint(event);
    if (point !== undefined) {
      this.list.push(point);
    }
  }
}

/** The columns of a CSV file of metrics: those of every run, and those of scores in the order in which they came. */
export function metricColumns(points: readonly MetricPoint[]): string[] {
  const ofEveryRun = NAMES.map((name): string => METRICS[name].column);
  const all = points.flatMap(({ values }) => values.map(([{ column }]) => column));
  return [...new Set([...ofEveryRun, ...all])];
}

/** The first row of a CSV file of metrics. */
export function metricHeadings(columns: readonly string[]): string[] {
  return ['step', 'time', ...columns];
}

/** A row for each step, in full precision; a cell is empty where nothing was measured. @param points by ascending step */
export function metricRows(points: readonly MetricPoint[], columns: readonly string[]): string[][] {
  const rows: MetricPoint[][] = [];
  for (const point of points) {
    const row = rows.at(-1);
    if (row?.[0]?.step === point.step) {
      row.push(point);
    } else {
      rows.push([point]);
    }
  }
  return rows.map((row) => metricRow(row, columns));
}

/** @param points of one step */
function metricRow(points: readonly MetricPoint[], columns: readonly string[]): string[] {
  const [first] = points;
  const values = new Map(
    points.flatMap((point) => point.values.map(([{ column }, value]) => [column, String(value)] as const)),
  );
  return [String(first?.step), first?.time ?? '', ...columns.map((column) => values.get(column) ?? '')];
}
