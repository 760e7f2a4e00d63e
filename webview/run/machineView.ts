import { html, nothing, type TemplateResult } from 'lit';
import { guard } from 'lit/directives/guard.js';
import { LOW_MEMORY_SHARE } from '../../src/shared/run/resources';
import type { RunView } from '../../src/shared/webview/run';
import { dataTable, scrollingTable, type DataRow } from '../common/dataTable';
import { l10n } from '../common/l10n';
import { bytesText } from '../common/quantities';
import type { ChartTheme } from '../common/chartTheme';
import { shownRange, type StepRange } from '../common/chartZoom';
import type { CurveChartEvents } from '../common/curveChart';
import { nearest, type Curve } from '../common/curve';
import { formatPercent } from '../common/format';
import type { MachineUse } from './machineModel';
import { machineCharts, quantities, type MachineChart, type Quantity } from './machineParts';
import { once } from '../common/once';
import { elapsedText, TIMES } from './timeAxis';
import { toggle } from '../common/toggle';
import { resetButton } from '../common/zoomStatus';

export interface MachineContent {
  readonly machine: MachineUse | undefined;
  readonly isRunning: boolean;
  readonly view: RunView;
  readonly theme: ChartTheme;
  /** The second that values are read at. */
  readonly cursor: number | null;
  readonly keep: (change: Partial<RunView>) => void;
  readonly setCursor: (second: number | null) => void;
}

const HINT = 'machine-hint';
const DASH = '–';
/** Rows of the table of all times. */
const ROWS = 50;

/** What the trainer and its machine use: now, at most, and over time. */
export function machineView(content: MachineContent): TemplateResult {
  const { machine, isRunning, view, keep } = content;
  if (machine === undefined) {
    return html`<p class="muted">
      ${
        isRunning
          ? l10n.t(
              'Memory and processor are measured every ten seconds, after the first hour every minute: the first sample comes soon.',
            )
          : l10n.t(
              'Nothing was measured: a trainer that works on this run measures memory and processor every ten seconds, after the first hour every minute.',
            )
      }
    </p>`;
  }
  const full = rangeOf(machine);
  return html`<div class="machine-now">${nowTable(machine, isRunning)}</div>
    <div class="toolbar">
      ${toggle(l10n.t('Show as table'), view.table, (table) => {
        keep({ table });
      })}
      ${view.table ? nothing : zoomReset(content, full)}
    </div>
    ${view.table ? timesTable(machine) : charts(content, machine, full)}`;
}

/** A machine without free memory becomes slow, and its system ends processes; undefined where there is enough. */
export function lowMemory(machine: MachineUse | undefined): TemplateResult | typeof nothing {
  const { freeBytes, totalBytes } = machine ?? { freeBytes: null, totalBytes: null };
  if (freeBytes === null || totalBytes === null || freeBytes >= LOW_MEMORY_SHARE * totalBytes) {
    return nothing;
  }
  return html`<section class="notice notice-warning" role="status">
    <span class="codicon codicon-warning" aria-hidden="true"></span>
    ${l10n.t(
      'Only {0} of the machine’s memory is free, {1} of {2}: it may become slow, or the system may end the trainer. End other programs, or stop the run and use shorter sequences or a smaller batch.',
      formatPercent(freeBytes / totalBytes),
      bytesText(freeBytes),
      bytesText(totalBytes),
    )}
  </section>`;
}

function rangeOf(machine: MachineUse): StepRange {
  const ends = quantities(machine).map(({ used }) => used.curve.x.at(-1) ?? 0);
  return [0, Math.max(1, ...ends)];
}

function nowTable(machine: MachineUse, isRunning: boolean): TemplateResult {
  const now = isRunning ? l10n.t('now') : l10n.t('last');
  const headings = [l10n.t('in use'), now, l10n.t('at most'), l10n.t('there is')];
  const rows = quantities(machine).map(({ name, used, format, most }): DataRow => ({
    name,
    cells: [used.now, used.peak, most].map((value) => (value === null ? DASH : format(value))),
  }));
  const caption = l10n.t('Trainer and machine');
  return dataTable({ caption, captionIsHidden: true, headings, rows });
}

/** Rows spread over the time of the run, each with the sample that is nearest. */
function timesTable(machine: MachineUse): TemplateResult {
  const all = quantities(machine);
  const times = timesOf(all);
  const rows = times.map((second): DataRow => ({
    name: elapsedText(second),
    cells: all.map(({ used, format }) => {
      const value = valueAt(used.curve, second);
      return value === undefined ? DASH : format(value);
    }),
  }));
  const headings = [l10n.t('since the start'), ...all.map(({ name }) => name)];
  const caption = l10n.t('Trainer and machine over time');
  return scrollingTable(caption, { caption, headings, rows }, { classes: 'table-scroll wide' });
}

function timesOf(all: readonly Quantity[]): readonly number[] {
  const times = [...new Set(all.flatMap(({ used }) => used.curve.x))].sort((left, right) => left - right);
  const stride = Math.max(1, Math.ceil(times.length / ROWS));
  return times.filter((_, index) => index % stride === 0 || index === times.length - 1);
}

/** Samples of a curve of which some are shown lie near, and a value of another time is none. */
function valueAt({ x, y }: Curve, second: number): number | undefined {
  const index = nearest(x, second);
  const at = index === undefined ? undefined : x[index];
  return index !== undefined && at !== undefined && Math.abs(at - second) <= 1 ? y[index] : undefined;
}

function zoomReset({ view, keep }: MachineContent, full: StepRange): TemplateResult | typeof nothing {
  return shownRange(full, view.machineZoom) === full
    ? nothing
    : resetButton(() => {
        keep({ machineZoom: null });
      });
}

const chartsOnce = once<readonly MachineChart[]>();

function charts(
  { view, theme, cursor, keep, setCursor }: MachineContent,
  machine: MachineUse,
  full: StepRange,
): TemplateResult {
  const drawn = guard([machine, view, theme, cursor], () =>
    chartsOnce([machine], () => machineCharts(machine, full)).map(
      (parts, index) =>
        html`<adept-curve-chart
          class=${index === 0 ? 'wide' : ''}
          .label=${parts.label}
          .note=${parts.note}
          .series=${parts.series}
          .format=${parts.format}
          .axis=${parts.axis}
          .positions=${TIMES}
          .theme=${theme}
          .range=${full}
          .zoom=${view.machineZoom}
          .cursor=${cursor}
          .hint=${HINT}
          @cursor=${({ detail }: CurveChartEvents['cursor']) => {
            setCursor(detail);
          }}
          @zoom=${({ detail }: CurveChartEvents['zoom']) => {
            keep({ machineZoom: detail === null ? null : [...detail] });
          }}
        ></adept-curve-chart>`,
    ),
  );
  return html`<div class="charts">${drawn}</div>
    <p class="muted hint" id=${HINT}>
      ${l10n.t('Along the charts: time since the run began, with gaps where it was not running. They are zoomed and moved as the curves are.')}
    </p>`;
}
