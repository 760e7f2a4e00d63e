import { html, LitElement, nothing, type TemplateResult } from 'lit';
import {
  formatChange,
  formatNorm,
  type ComparedPoint,
  type Comparison,
} from '../../src/shared/run/comparison';
import { changeTable, changeValues, heatRows } from '../../src/shared/heatmap/comparisonTable';
import { heatScale } from '../../src/shared/heatmap/heatScale';
import { nextOrder, sortRows } from '../../src/shared/heatmap/sortRows';
import { toCsv } from '../../src/shared/heatmap/valueTable';
import {
  ComparisonView,
  FIRST_COMPARISON_VIEW,
  FromComparison,
  ToComparison,
  type PointSide,
} from '../../src/shared/webview/comparison';
import { ChangeMeasure } from '../../src/shared/run/comparison';
import { connectHost } from '../common/host';
import { l10n } from '../common/l10n';
import { pushButton } from '../common/pushButton';
import { progressBar } from '../common/progressBar';
import { countText } from '../common/quantities';
import { scaleSelect } from '../common/scaleSelect';
import type { HeatGridEvents } from '../common/heatGrid';
import { HeatRamp, onThemeChange } from '../common/heatRamp';
import { changeColumns, changeRows, describeChange } from './changeRows';
import { changeLegend } from './changeLegend';
import { metricsTable } from './metricsTable';
import { dateText, pointText, runName, shortPointText } from './texts';
import { dataTable } from '../common/dataTable';

type Shown = Extract<ToComparison, { type: 'show' }>;

/** The comparison panel's page. */
export class ComparisonApp extends LitElement {
  private readonly host = connectHost({ to: ToComparison, from: FromComparison, view: ComparisonView });
  private readonly ramp = new HeatRamp();
  private view = this.host.view ?? FIRST_COMPARISON_VIEW;
  private shown: Shown | undefined;
  private failure = '';
  private gone: readonly string[] = [];
  private note = '';

  /** In the page itself, so that the page's styles hold. */
  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    onThemeChange(() => this.ramp.refresh());
    this.host.listen((message) => {
      this.receive(message);
      this.requestUpdate();
    });
  }

  private receive(message: ToComparison): void {
    switch (message.type) {
      case 'working':
        this.failure = '';
        this.shown = undefined;
        break;
      case 'show':
        this.shown = message;
        this.failure = '';
        break;
      case 'failed':
        this.failure = message.message;
        break;
      case 'gone':
        this.gone = message.messages;
        break;
      case 'saved':
        this.note = l10n.t('Saved: {0}', message.file);
        break;
    }
  }

  private keep(change: Partial<ComparisonView>): void {
    this.view = { ...this.view, ...change };
    this.host.setView(this.view);
    this.requestUpdate();
  }

  protected override render(): TemplateResult {
    return html`<main aria-busy=${this.shown === undefined && this.failure === '' ? 'true' : 'false'}>
      ${this.notices()} ${this.shown ? this.comparison(this.shown) : this.waiting()}
      <p class="visually-hidden" role="status">${this.note}</p>
    </main>`;
  }

  private notices(): TemplateResult {
    const again = pushButton({
      text: l10n.t('Compare Again'),
      act: () => {
        this.host.post({ type: 'again' });
      },
    });
    return html`${this.gone.map((text) => notice('warning', text))}${
      this.failure === '' ? nothing : html`${notice('error', this.failure)}${again}`
    }`;
  }

  private waiting(): TemplateResult | typeof nothing {
    if (this.failure !== '') {
      return nothing;
    }
    return html`<h1>${l10n.t('Comparing checkpoints…')}</h1>
      ${progressBar(l10n.t('Comparing checkpoints…'))}`;
  }

  private comparison(shown: Shown): TemplateResult {
    const { comparison } = shown;
    return html`<header>
        <h1>
          ${l10n.t('Comparison: {0} and {1}', shortPointText(comparison.a), shortPointText(comparison.b))}
        </h1>
        ${this.points(shown)}
      </header>
      ${comparison.notes.map((text) => notice('info', text))}
      <div class="panes">
        <section aria-labelledby="metrics-title">
          <h2 id="metrics-title">${l10n.t('Metrics')}</h2>
          ${metricsTable(comparison)}
        </section>
        ${outerTable(comparison)}
      </div>
      <section aria-labelledby="change-title">
        <h2 id="change-title">${l10n.t('Change of each unit')}</h2>
        ${this.toolbar(comparison)} ${this.view.asTable ? valuesView(comparison) : this.map(comparison)}
      </section>`;
  }

  private points({ comparison: { a, b }, labels }: Shown): TemplateResult {
    const line = (side: PointSide, name: string, point: ComparedPoint): TemplateResult => {
      const label = labels[side];
      return html`<dt>${name}</dt>
        <dd>
          ${pointText(point)}${label === null ? '' : ` “${label}”`},
          <span title=${point.run}>${runName(point)}</span>${
            point.createdAt === null ? '' : `, ${dateText(point.createdAt)}`
          }
          ${
            point.base
              ? nothing
              : html`<button
                  type="button"
                  class="link"
                  @click=${() => {
                    this.host.post({ type: 'openTensors', side });
                  }}
                >
                  ${l10n.t('Show tensors of {0}', name)}
                </button>`
          }
        </dd>`;
    };
    return html`<dl class="points">${line('a', 'A', a)}${line('b', 'B', b)}</dl>`;
  }

  private toolbar(comparison: Comparison): TemplateResult {
    const { view } = this;
    return html`<div class="toolbar" role="group" aria-label=${l10n.t('Heatmap')}>
      <label for="measure">${l10n.t('Show')}</label>
      <select id="measure" @change=${this.onMeasure}>
        ${ChangeMeasure.options.map(
          (measure) =>
            html`<option value=${measure} ?selected=${measure === view.measure}>
              ${measureName(measure)}
            </option>`,
        )}
      </select>
      ${scaleSelect(view.scale, (scale) => {
        this.keep({ scale });
      })}
      ${pushButton({
        text: l10n.t('Show as table'),
        pressed: view.asTable,
        act: () => {
          this.keep({ asTable: !view.asTable });
        },
      })}
      ${pushButton({
        text: l10n.t('Export CSV…'),
        act: () => {
          this.host.post({ type: 'saveCsv', text: toCsv(changeValues(comparison)) });
        },
      })}
      ${pushButton({
        text: l10n.t('Swap A and B'),
        act: () => {
          this.host.post({ type: 'swap' });
        },
      })}
    </div>`;
  }

  private map(comparison: Comparison): TemplateResult {
    const { measure, scale: kind, order } = this.view;
    const table = changeTable(comparison);
    const rows = heatRows(table, measure);
    const values = rows.flatMap((row) => row.values.flatMap((value) => value ?? []));
    const scale = heatScale(kind, values);
    const fresh = measure === 'change' && comparison.units.some(({ change }) => change === null);
    return html`<adept-heat-grid
        .label=${l10n.t('Change of layers and their units')}
        .columns=${changeColumns(table)}
        .rows=${changeRows(table, sortRows(rows, order), scale, measure)}
        .describe=${describeChange(table)}
        .order=${order}
        @sort=${({ detail }: HeatGridEvents['sort']) => {
          this.keep({ order: nextOrder(order, detail) });
        }}
      ></adept-heat-grid>
      ${changeLegend(scale, values, measure, fresh)}
      ${
        measure === 'change' && comparison.layers.some(({ added }) => added)
          ? html`<p class="muted">
              ${l10n.t(
                'What an added layer puts out starts at zero: o_proj and down_proj, or the norms behind them. Relative to their size these move furthest.',
              )}
            </p>`
          : nothing
      }`;
  }

  private readonly onMeasure = (event: Event): void => {
    const measure = ChangeMeasure.options.find((option) => option === selected(event));
    this.keep(measure === undefined ? {} : { measure });
  };
}

function selected(event: Event): string {
  return event.target instanceof HTMLSelectElement ? event.target.value : '';
}

function measureName(measure: ChangeMeasure): string {
  switch (measure) {
    case 'change':
      return l10n.t('relative change');
    case 'difference':
      return l10n.t('difference');
  }
}

function notice(kind: 'info' | 'warning' | 'error', text: string): TemplateResult {
  return html`<div class="notice ${kind}" role=${kind === 'info' ? 'note' : 'alert'}>
    <span class="codicon codicon-${kind}" aria-hidden="true"></span>
    <p>${text}</p>
  </div>`;
}

/** Trained tensors outside the layers, which only full tuning has. */
function outerTable({ outer }: Comparison): TemplateResult | typeof nothing {
  if (outer.length === 0) {
    return nothing;
  }
  return html`<section aria-labelledby="outer-title">
    <h2 id="outer-title">${l10n.t('Outside the layers')}</h2>
    ${dataTable({
      classes: 'metrics numeric',
      headings: [l10n.t('Tensor'), l10n.t('Parameters'), '‖B − A‖', l10n.t('Relative change')],
      rows: outer.map(({ name, parameters, difference, change }) => ({
        name,
        cells: [countText(parameters), formatNorm(difference), formatChange(change)],
      })),
    })}
  </section>`;
}

/** Every number as plain text in a plain table: for screen readers, and to be copied. */
function valuesView(comparison: Comparison): TemplateResult {
  const { headings, rows } = changeValues(comparison);
  return html`<div class="grid-scroll" tabindex="0" role="region" aria-label=${l10n.t('All values')}>
    <table class="values">
      <thead>
        <tr>
          ${headings.map((heading) => html`<th scope="col">${heading}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr>
              ${row.map((value, column) =>
                column === 3 ? html`<th scope="row">${value}</th>` : html`<td class="numeric">${value}</td>`,
              )}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}
