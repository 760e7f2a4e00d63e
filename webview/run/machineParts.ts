import { l10n } from '../common/l10n';
import { bytesText, percentText } from '../common/quantities';
import type { Series, ValueAxis } from '../common/chartConfig';
import type { SeriesColour } from '../common/chartTheme';
import type { StepRange } from '../common/chartZoom';
import { withGaps, type MachineUse, type UsedGpu, type UsedSeries } from './machineModel';
import { pageData } from '../common/pageData';

/** One quantity of trainer or machine, as text and as a line. */
export interface Quantity {
  readonly name: string;
  readonly used: UsedSeries;
  readonly format: (value: number) => string;
  /** What there is of it at most; null where that is not known. */
  readonly most: number | null;
}

/** What one chart of the machine shows. */
export interface MachineChart {
  readonly label: string;
  readonly note: string;
  readonly series: readonly Series[];
  readonly format: (value: number) => string;
  readonly axis: ValueAxis;
}

const COLOURS: readonly SeriesColour[] = ['loss', 'general'];

/** Every quantity that was measured. */
export function quantities(machine: MachineUse): Quantity[] {
  const { resident, used, cores, gpus, totalBytes } = machine;
  return [
    ...quantity(l10n.t('Memory of the trainer'), resident, bytesText, totalBytes),
    ...quantity(l10n.t('Memory in use on the machine'), used, bytesText, totalBytes),
    ...quantity(l10n.t('Processor, cores in use'), cores, coresText, null),
    ...gpus.flatMap((gpu) => [
      ...quantity(l10n.t('Memory of {0}', gpuName(gpu)), gpu.memory, bytesText, gpu.totalBytes),
      ...quantity(l10n.t('Utilization of {0}', gpuName(gpu)), gpu.utilization, wholePercent, null),
    ]),
  ];
}

function quantity(
  name: string,
  used: UsedSeries | undefined,
  format: Quantity['format'],
  most: number | null,
): Quantity[] {
  return used === undefined ? [] : [{ name, used, format, most }];
}

/** The charts, over the seconds since the run began. */
export function machineCharts(machine: MachineUse, [first, last]: StepRange): MachineChart[] {
  const { resident, used, cores, gpus, totalBytes, begins } = machine;
  const total = (bytes: number | null): Series[] =>
    bytes === null
      ? []
      : [
          {
            label: l10n.t('there is'),
            curve: { x: [first, last], y: [bytes, bytes] },
            colour: 'speed',
            dashed: true,
          },
        ];
  const chart = (
    label: string,
    lines: readonly (readonly [string, UsedSeries | undefined])[],
    format: Quantity['format'],
    limit: readonly Series[] = [],
  ): MachineChart[] => {
    const series = lines.flatMap(([name, use], index): Series[] =>
      use === undefined
        ? []
        : [{ label: name, curve: withGaps(use.curve, begins), colour: COLOURS[index] ?? 'loss' }],
    );
    const now = lines[0]?.[1]?.now;
    const note = now === null || now === undefined ? '' : format(now);
    return series.length === 0
      ? []
      : [{ label, note, series: [...series, ...limit], format, axis: { tick: format, fromZero: true } }];
  };
  return [
    ...chart(
      l10n.t('Memory'),
      [
        [l10n.t('trainer'), resident],
        [l10n.t('in use on the machine'), used],
      ],
      bytesText,
      total(totalBytes),
    ),
    ...chart(l10n.t('Processor, cores in use'), [[l10n.t('cores'), cores]], coresText),
    ...gpus.flatMap((gpu) => [
      ...chart(
        l10n.t('Memory of {0}', gpuName(gpu)),
        [[l10n.t('in use'), gpu.memory]],
        bytesText,
        total(gpu.totalBytes),
      ),
      ...chart(
        l10n.t('Utilization of {0}', gpuName(gpu)),
        [[l10n.t('in use'), gpu.utilization]],
        wholePercent,
      ),
    ]),
  ];
}

function gpuName({ index, name }: Pick<UsedGpu, 'index' | 'name'>): string {
  return l10n.t('GPU {0} ({1})', index, name);
}

function coresText(cores: number): string {
  return new Intl.NumberFormat(pageData().locale, { maximumFractionDigits: 2 }).format(cores);
}

function wholePercent(percent: number): string {
  return percentText(Math.round(percent) / 100);
}
