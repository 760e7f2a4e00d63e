import type { Series, ValueAxis } from '../common/chartConfig';

/** What one chart of a run shows. */
export interface ChartParts {
  readonly label: string;
  /** What its values are in. */
  readonly unit: string;
  readonly note: string;
  readonly series: readonly Series[];
  readonly format: (value: number) => string;
  readonly axis: ValueAxis;
  readonly baseline?: number | undefined;
  readonly logScale: boolean;
  readonly isLoss?: boolean;
  readonly wide?: boolean;
}
