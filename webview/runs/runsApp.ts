import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import type { RunRow } from '../../src/shared/runs/runRow';
import { filterRuns, nextRunOrder, sortRuns } from '../../src/shared/runs/runTable';
import { runsCsv } from '../../src/shared/runs/runsCsv';
import {
  FromRuns,
  type RunCurves,
  type ShownQueue,
  RunsView,
  type TickedComparison,
  ToRuns,
} from '../../src/shared/webview/runs';
import * as v from 'valibot';
import { type ChartTheme, readChartTheme } from '../common/chartTheme';
import type { StepRange } from '../common/chartZoom';
import { connectHost } from '../common/host';
import { l10n } from '../common/l10n';
import { pushButton } from '../common/pushButton';
import { curvesView, type TickedRun } from './curvesView';
import { differencesView } from './differencesView';
import type { RowActions } from './rowView';
import { tableView } from './tableView';
import { toolbarView } from './toolbarView';
import { queueView } from './queueView';
import { renamed, tickedAlone, toggled, type Ticks } from './ticks';

const NO_COMPARISON: TickedComparison = { paths: [], differences: [], problems: [] };

const NO_QUEUE: ShownQueue = { paused: false, rows: [], waitsFor: [], problem: null };

/** The page of all runs: a table, and the curves and settings of those that are ticked. */
export class RunsApp extends LitElement {
  static override properties = {
    rows: { state: true },
    trusted: { state: true },
    view: { state: true },
    queue: { state: true },
    curves: { state: true },
    comparison: { state: true },
    theme: { state: true },
    cursor: { state: true },
    zoom: { state: true },
    note: { state: true },
    problem: { state: true },
  };

  /** Undefined until the host has said which there are. */
  declare private rows: readonly RunRow[] | undefined;
  declare private trusted: boolean;
  declare private view: RunsView;
  declare private queue: ShownQueue;
  declare private curves: readonly RunCurves[];
  declare private comparison: TickedComparison;
  declare private theme: ChartTheme;
  declare private cursor: number | null;
  declare private zoom: StepRange | null;
  declare private note: string;
  declare private problem: string;
  private readonly host = connectHost({ to: ToRuns, from: FromRuns, view: RunsView });
  private readonly themeObserver = new MutationObserver(() => {
    this.theme = readChartTheme();
  });
  /** While a cell is edited rows stay where they are. */
  private frozen: readonly string[] | undefined;

  constructor() {
    super();
    this.trusted = false;
    this.view = this.host.view ?? v.parse(RunsView, {});
    this.queue = NO_QUEUE;
    this.curves = [];
    this.comparison = NO_COMPARISON;
    this.theme = readChartTheme();
    this.cursor = null;
    this.zoom = null;
    this.note = '';
    this.problem = '';
  }

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.themeObserver.observe(document.body, { attributes: true, attributeFilter: ['class'] });
    this.themeObserver.observe(document.documentElement, { attributes: true, attributeFilter: ['style'] });
    this.host.listen((message) => {
      this.receive(message);
    });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.themeObserver.disconnect();
  }

  protected override updated(changed: PropertyValues): void {
    if (changed.has('view')) {
      this.host.setView(this.view);
    }
  }

  private receive(message: ToRuns): void {
    switch (message.type) {
      case 'rows':
        this.showRows(message.rows, message.trusted);
        break;
      case 'queue':
        this.queue = message.queue;
        break;
      case 'curves':
        this.curves = message.curves;
        break;
      case 'comparison':
        this.comparison = message.comparison;
        break;
      case 'renamed':
        this.keep({ ticked: renamed(this.view.ticked, message.from, message.to) });
        this.postTicked();
        break;
      case 'tick':
        this.tick(tickedAlone(this.view.ticked, message.paths));
        break;
      case 'saved':
        this.note = l10n.t('Saved: {0}', message.file);
        break;
      case 'notSaved':
        this.problem = message.problem;
        break;
    }
  }

  /** What is ticked and gone is ticked no more. */
  private showRows(rows: readonly RunRow[], trusted: boolean): void {
    const isFirst = this.rows === undefined;
    this.rows = rows;
    this.trusted = trusted;
    const there = this.view.ticked.filter(({ path }) => rows.some((row) => row.path === path));
    if (there.length < this.view.ticked.length || (isFirst && there.length > 0)) {
      this.tick(there);
    }
  }

  private keep(change: Partial<RunsView>): void {
    this.view = { ...this.view, ...change };
  }

  private tick(ticked: Ticks): void {
    this.keep({ ticked });
    this.postTicked();
  }

  private postTicked(): void {
    this.host.post({ type: 'ticked', paths: this.view.ticked.map(({ path }) => path) });
  }

  private readonly actions: RowActions = {
    tick: (path) => {
      this.tick(toggled(this.view.ticked, path));
    },
    act: (action, path) => {
      this.host.post({ type: 'act', action, path });
    },
    write: ({ path }, { tags, note }) => {
      this.problem = '';
      // What a person wrote and cannot be kept is said, not sent.
      const parsed = v.safeParse(FromRuns, { type: 'notes', path, notes: { tags, note } });
      if (parsed.success) {
        this.host.post(parsed.output);
      } else {
        this.problem = l10n.t('Not saved: at most 20 tags of 40 characters, and notes of 10000.');
      }
    },
    editing: (isEditing) => {
      this.frozen = isEditing ? this.shownRows().map(({ path }) => path) : undefined;
      this.requestUpdate();
    },
    openNotes: (path) => {
      this.host.post({ type: 'openNotes', path });
    },
  };

  private shownRows(): RunRow[] {
    const { rows = [], frozen } = this;
    const { filter, order } = this.view;
    if (frozen !== undefined) {
      return frozen.flatMap((path) => rows.find((row) => row.path === path) ?? []);
    }
    return sortRuns(filterRuns(rows, filter, l10n), order);
  }

  protected override render(): TemplateResult {
    const { rows, view, trusted } = this;
    if (rows === undefined) {
      return html`<main aria-busy="true"><p class="muted">${l10n.t('Reading…')}</p></main>`;
    }
    const shown = this.shownRows();
    return html`<main>
      <h1>${l10n.t('Runs')}</h1>
      ${toolbarView({
        rows,
        shown: shown.length,
        ticked: view.ticked.length,
        filter: view.filter,
        setFilter: (change) => {
          this.keep({ filter: { ...view.filter, ...change } });
        },
        compare: () => {
          this.host.post({ type: 'compare', paths: view.ticked.map(({ path }) => path) });
        },
        saveCsv: () => {
          this.host.post({ type: 'saveCsv', text: runsCsv(shown) });
        },
      })}
      ${this.problem === '' ? nothing : html`<p class="notice error" role="alert">${this.problem}</p>`}
      <p class="muted status" role="status">${this.note}</p>
      ${
        rows.length === 0
          ? html`<p class="muted">${l10n.t('No run yet. A run appears here as soon as it was started.')}</p>`
          : shown.length === 0
            ? html`<p class="muted">${l10n.t('No run fits the filter.')}</p>`
            : tableView({
                rows: shown,
                order: view.order,
                ticks: view.ticked,
                trusted,
                actions: this.actions,
                sort: (column) => {
                  this.keep({ order: nextRunOrder(view.order, column) });
                },
              })
      }
      ${queueView({
        queue: this.queue,
        trusted,
        post: (message) => {
          this.host.post(message);
        },
      })}
      ${rows.length === 0 ? nothing : this.tickedView(rows)}
    </main>`;
  }

  private tickedView(rows: readonly RunRow[]): TemplateResult {
    const runs = this.view.ticked.flatMap(({ path, line }): (TickedRun & { readonly path: string })[] => {
      const row = rows.find((one) => one.path === path);
      const curves = this.curves.find((one) => one.path === path);
      return row === undefined ? [] : [{ path, line, name: row.name, curves }];
    });
    if (runs.length === 0) {
      return html`<p class="muted ticked-hint">
        ${l10n.t('Tick runs to see their losses over each other, and the settings in which they differ.')}
      </p>`;
    }
    return html`<section aria-label=${l10n.t('Ticked runs')}>
      <div class="ticked-title">
        <h2>${l10n.t('Ticked runs')}</h2>
        ${pushButton({
          text: l10n.t('Untick All'),
          act: () => {
            this.tick([]);
          },
        })}
      </div>
      ${curvesView({
        runs,
        theme: this.theme,
        sinceStart: this.view.sinceStart,
        cursor: this.cursor,
        zoom: this.zoom,
        setZoom: (zoom) => {
          this.zoom = zoom;
        },
        setSinceStart: (sinceStart) => {
          this.keep({ sinceStart });
        },
        setCursor: (step) => {
          this.cursor = step;
        },
      })}
      ${
        runs.length < 2
          ? nothing
          : html`<h2>${l10n.t('Settings that differ')}</h2>
              ${differencesView(this.comparison, (path) => runs.find((run) => run.path === path))}`
      }
    </section>`;
  }
}
