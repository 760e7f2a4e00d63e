import type { RunEvent } from './runFolder';

/**
 * What is measured of a run step by step, by the name of the event's field: the column of a CSV file, in this order, and the tag in
 * TensorBoard. Losses are in nats per token.
 */
export const METRICS = {
  loss: { column: 'training loss', tag: 'loss/train' },
  domainLoss: { column: 'domain loss', tag: 'loss/domain' },
  generalLoss: { column: 'general loss', tag: 'loss/general' },
  learningRate: { column: 'learning rate', tag: 'learning_rate' },
  tokensPerSecond: { column: 'tokens per second', tag: 'tokens_per_second' },
  gradNorm: { column: 'gradient norm', tag: 'gradient_norm' },
} as const;
export type MetricName = keyof typeof METRICS;

const NAMES = Object.keys(METRICS) as MetricName[];

/** Events that measure, in the order in which they come at one step. */
const MEASURING = ['step', 'eval'] as const;
type Measuring = (typeof MEASURING)[number];

/** What one event measures. */
export interface MetricPoint {
  readonly type: Measuring;
  readonly step: number;
  /** ISO 8601. */
  readonly time: string;
  /** In the order of {@link METRICS}; what was not measured is left out. */
  readonly values: readonly (readonly [name: MetricName, value: number])[];
}

/** What an event measures; undefined for one that measures nothing. */
export function metricPoint(event: RunEvent): MetricPoint | undefined {
  if (event.type !== 'step' && event.type !== 'eval') {
    return undefined;
  }
  const fields: Partial<Record<MetricName, unknown>> = event;
  const values = NAMES.flatMap((name): [MetricName, number][] => {
    const value = fields[name];
    return typeof value === 'number' ? [[name, value]] : [];
  });
  return { type: event.type, step: event.step, time: event.time, values };
}

/** Whether what was measured still counts after a later event: where a run goes back, what it did after that step does not. */
export function stillCounts(point: Pick<MetricPoint, 'type' | 'step'>, later: RunEvent): boolean {
  if (later.type === 'status') {
    return !beginsAgain(later) || point.step <= (later.step ?? Infinity);
  }
  if (later.type !== 'step' && later.type !== 'eval') {
    return true;
  }
  return (
    point.step < later.step ||
    (point.step === later.step && MEASURING.indexOf(point.type) < MEASURING.indexOf(later.type))
  );
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

/** The first row of a CSV file of metrics. */
export const METRIC_HEADINGS: readonly string[] = [
  ...['step', 'time'],
  ...NAMES.map((name) => METRICS[name].column),
];

/** A row for each step, in full precision; a cell is empty where nothing was measured. @param points by ascending step */
export function metricRows(points: readonly MetricPoint[]): string[][] {
  const rows: MetricPoint[][] = [];
  for (const point of points) {
    const row = rows.at(-1);
    if (row?.[0]?.step === point.step) {
      row.push(point);
    } else {
      rows.push([point]);
    }
  }
  return rows.map(metricRow);
}

/** @param points of one step */
function metricRow(points: readonly MetricPoint[]): string[] {
  const [first] = points;
  const values = new Map(points.flatMap((point) => point.values));
  return [
    ...[String(first?.step), first?.time ?? ''],
    ...NAMES.map((name) => (values.has(name) ? String(values.get(name)) : '')),
  ];
}
