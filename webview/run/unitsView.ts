import { html, nothing, type TemplateResult } from 'lit';
import { formatShort } from '../../src/shared/heatmap/formatNumber';
import { heatScale, SCALE_KINDS, type ScaleKind } from '../../src/shared/heatmap/heatScale';
import { rankAmong } from '../../src/shared/heatmap/rank';
import { layerText, type Copies } from '../../src/shared/run/layerText';
import type { RunView, UnitColumn } from '../../src/shared/webview/run';
import { heatClass, type HeatColours } from '../common/heatRamp';
import { l10n } from '../common/l10n';
import type { ChartTheme } from '../common/chartTheme';
import { formatCount, formatRate } from '../common/format';
import type { UnitTimes } from './runModel';
import { choice, toggle } from '../common/toggle';
import { hasRowLabels } from './unitMap';
import {
  indexAt,
  shortUnitName,
  timesOf,
  unitRows,
  unitValues,
  type ShownColumn,
  type ShownTimes,
  type UnitRow,
  type UnitValue,
} from './unitTable';
import { scrollingTable, type DataRow } from '../common/dataTable';

/** Measurements in the table of all times. */
const TABLE_COLUMNS = 40;

export interface UnitsContent {
  readonly units: UnitTimes;
  readonly copies: Copies;
  readonly view: RunView;
  readonly theme: ChartTheme;
  readonly colours: HeatColours;
  readonly hovered: readonly [number, number] | null;
  readonly keep: (change: Partial<RunView>) => void;
  readonly hover: (cell: readonly [number, number] | null) => void;
}

/** The same with the times of the value that is shown. */
interface ShownContent extends UnitsContent {
  readonly units: ShownTimes;
}

/** Importance and learning rate of every unit over the run. */
export function unitsView(all: UnitsContent): TemplateResult {
  const { view } = all;
  const content = { ...all, units: timesOf(all.units, view.unitValue) };
  if (content.units.columns.length === 0) {
    return html`<p class="muted">
      ${l10n.t('Importance is measured before the first step and whenever the learning rates are refreshed; nothing is measured yet, or the rates are equal for all units.')}
    </p>`;
  }
  return html`${toolbar(content)} ${view.table ? timesTable(content) : mapAndList(content)}`;
}

function toolbar({ units, view, keep }: UnitsContent): TemplateResult {
  return html`<div class="toolbar">
    ${choice(l10n.t('Value'), VALUE_TEXTS(), view.unitValue, (unitValue) => {
      keep({ unitValue });
    })}
    ${choice(
      l10n.t('Colour scale'),
      SCALE_KINDS.map((kind) => [kind, scaleText(kind)] as const),
      view.unitScale,
      (unitScale) => {
        keep({ unitScale });
      },
    )}
    ${toggle(l10n.t('Show as table'), view.table, (table) => {
      keep({ table });
    })}
    <span class="muted">${countText(units)}</span>
  </div>`;
}

function countText({ columns, total, measured }: UnitTimes): string {
  const changes = total - measured;
  const parts = [
    measured === 1 ? l10n.t('1 measurement') : l10n.t('{0} measurements', formatCount(measured)),
    ...(changes === 0
      ? []
      : [
          changes === 1
            ? l10n.t('1 change of the rates alone')
            : l10n.t('{0} changes of the rates alone', formatCount(changes)),
        ]),
    ...(columns.length < total
      ? [l10n.t('{0} of {1} are shown', formatCount(columns.length), formatCount(total))]
      : []),
  ];
  return parts.join(', ');
}

const VALUE_TEXTS = (): readonly (readonly [UnitValue, string])[] => [
  ['importance', l10n.t('Importance')],
  ['learningRate', l10n.t('Learning rate')],
];

function scaleText(kind: ScaleKind): string {
  const texts: Readonly<Record<ScaleKind, string>> = {
    linear: l10n.t('Linear'),
    log: l10n.t('Logarithmic'),
    rank: l10n.t('Rank'),
  };
  return texts[kind];
}

function mapAndList(content: ShownContent): TemplateResult {
  const { units, copies, view, theme, colours, keep, hover } = content;
  const index = indexAt(units, view.scrubber);
  const values = unitValues(units, view.unitValue);
  const scale = heatScale(
    view.unitScale,
    values.flat().filter((value) => Number.isFinite(value)),
  );
  const pick = (picked: number): void => {
    const isLatest = picked >= units.columns.length - 1;
    keep({ scrubber: isLatest ? null : (units.columns[picked]?.step ?? null) });
  };
  return html`<div class="units">
    <section aria-label=${l10n.t('Units over the run')}>
      <adept-unit-map
        .label=${mapLabel(units, view.unitValue)}
        .units=${units.units}
        .copies=${copies}
        .steps=${units.columns.map(({ step }) => step)}
        .values=${values}
        .scale=${scale}
        .column=${index}
        .colours=${colours}
        .theme=${theme}
        @pick=${({ detail }: CustomEvent<number>) => {
          pick(detail);
        }}
        @hover=${({ detail }: CustomEvent<readonly [number, number] | null>) => {
          hover(detail);
        }}
      ></adept-unit-map>
      ${scrubber(units, index, pick)}
      <p class="muted reading numeric" aria-hidden="true">${hoverText(content, values)}</p>
      ${ends(view.unitValue, scale.lowest, scale.highest)}
    </section>
    ${valueList(content, index)}
  </div>`;
}

function mapLabel({ units, columns }: UnitTimes, kind: UnitValue): string {
  const [count, times] = [formatCount(units.length), formatCount(columns.length)];
  return kind === 'importance'
    ? l10n.t('Importance of {0} units at {1} times; the list beside it has the numbers', count, times)
    : l10n.t('Learning rate of {0} units at {1} times; the list beside it has the numbers', count, times);
}

function scrubber(
  { columns, units }: UnitTimes,
  index: number,
  pick: (index: number) => void,
): TemplateResult {
  const column = columns[index];
  return html`<label class="scrubber ${hasRowLabels(units.length) ? '' : 'narrow'}">
    <span>${l10n.t('Time')}</span>
    <input
      type="range"
      min="0"
      max=${Math.max(0, columns.length - 1)}
      step="1"
      .value=${String(index)}
      aria-valuetext=${column === undefined ? nothing : timeText(column)}
      @input=${(event: InputEvent) => {
        pick(Number((event.currentTarget as HTMLInputElement).value));
      }}
    />
  </label>`;
}

function timeText({ step, source, why }: UnitColumn): string {
  if (why !== undefined) {
    return why === 'frozen'
      ? l10n.t('step {0}, units frozen', formatCount(step))
      : l10n.t('step {0}, base learning rate changed', formatCount(step));
  }
  return source === 'source layers'
    ? l10n.t('step {0}, from the source layers', formatCount(step))
    : l10n.t('step {0}', formatCount(step));
}

function captionText(column: ShownColumn): string {
  const { ratesStep } = column;
  return ratesStep === undefined
    ? timeText(column)
    : l10n.t('{0}; learning rates of step {1}', timeText(column), formatCount(ratesStep));
}

function hoverText(
  { units, hovered, view, copies }: UnitsContent,
  values: readonly (readonly number[])[],
): string {
  const unit = hovered === null ? undefined : units.units[hovered[0]];
  const column = hovered === null ? undefined : units.columns[hovered[1]];
  const value = hovered === null ? undefined : values[hovered[1]]?.[hovered[0]];
  return unit === undefined || column === undefined || value === undefined
    ? '\u00a0'
    : [unitText(unit, copies), timeText(column), formatValue(view.unitValue, value)].join(' · ');
}

function formatValue(kind: UnitValue, value: number | undefined): string {
  return value === undefined || Number.isNaN(value)
    ? '–'
    : kind === 'importance'
      ? formatShort(value)
      : formatRate(value);
}

/** What the lowest and the highest colour stand for. */
function ends(kind: UnitValue, lowest: number | undefined, highest: number | undefined): TemplateResult {
  const end = (heat: number, value: number | undefined): TemplateResult =>
    html`<span class="sample numeric ${heatClass(heat)}">${formatValue(kind, value)}</span>`;
  return html`<p class="ends">
    <span class="muted">${l10n.t('lowest')}</span> ${end(0, lowest)} ${end(1, highest)}
    <span class="muted">${l10n.t('highest')}</span>
  </p>`;
}

function valueList({ units, copies, view }: ShownContent, index: number): TemplateResult {
  const kind = view.unitValue;
  const column = units.columns[index];
  const rows = unitRows(units, index, kind);
  const measured = rows.flatMap(({ importance }) => importance ?? []);
  const change = {
    text: l10n.t('change'),
    title: kind === 'importance' ? l10n.t('since the measurement before') : l10n.t('since the rates before'),
  };
  const headings = [
    l10n.t('unit'),
    l10n.t('importance'),
    ...(kind === 'importance' ? [change] : []),
    { text: l10n.t('rank'), title: l10n.t('of the importance; 1 is the lowest') },
    { text: l10n.t('0 to 1'), title: l10n.t('importance normalized among the units, after smoothing') },
    l10n.t('learning rate'),
    ...(kind === 'importance' ? [] : [change]),
  ];
  return scrollingTable(l10n.t('Units at one time'), {
    caption: column === undefined ? '' : captionText(column),
    headings,
    rows: rows.map((row) => valueRow(row, measured, kind, copies)),
  });
}

function valueRow(row: UnitRow, measured: readonly number[], kind: UnitValue, copies: Copies): DataRow {
  const { layer, name, importance, learningRate } = row;
  const change = row.change === undefined ? '–' : signed(formatValue(kind, row.change));
  return {
    name: unitText({ layer, name }, copies),
    title: `${layerText(layer, copies, l10n)} ${name}`,
    cells: [
      formatValue('importance', importance),
      ...(kind === 'importance' ? [change] : []),
      importance === undefined ? '–' : rankAmong(importance, measured).rank,
      row.normalized?.toFixed(2) ?? '–',
      row.frozen ? l10n.t('frozen') : formatRate(learningRate),
      ...(kind === 'importance' ? [] : [change]),
    ],
  };
}

/** `15 (copy of 13) q_proj` */
function unitText({ layer, name }: Pick<UnitRow, 'layer' | 'name'>, copies: Copies): string {
  return `${layerText(layer, copies, l10n)} ${shortUnitName(name)}`;
}

function signed(text: string): string {
  const typeset = text.replace(/^-/, '−');
  return typeset === '0' || typeset.startsWith('−') ? typeset : `+${typeset}`;
}

/** Every unit at every time, or at some of very many. */
function timesTable({ units, copies, view }: UnitsContent): TemplateResult {
  const { columns } = units;
  const stride = Math.max(1, Math.ceil(columns.length / TABLE_COLUMNS));
  const shown = columns.filter((_, index) => (columns.length - 1 - index) % stride === 0);
  return scrollingTable(
    l10n.t('Units over the run'),
    {
      caption: stride === 1 ? l10n.t('All of them, by step') : l10n.t('Every {0}th of them, by step', stride),
      headings: [l10n.t('unit'), ...shown.map(({ step }) => formatCount(step))],
      rows: units.units.map(({ layer, name }, index) => ({
        name: unitText({ layer, name }, copies),
        cells: shown.map((column) => formatValue(view.unitValue, column[view.unitValue][index] ?? undefined)),
      })),
    },
    { classes: 'table-scroll wide' },
  );
}
