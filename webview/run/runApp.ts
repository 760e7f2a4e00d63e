import { html, LitElement, nothing, type TemplateResult } from 'lit';
import * as v from 'valibot';
import {
  FromRun,
  RUN_TABS,
  RunView,
  ToRun,
  type EvalPoint,
  type RunProblem,
  type RunTab,
} from '../../src/shared/webview/run';
import { Debouncer } from '../common/debouncer';
import { HeatRamp, onThemeChange } from '../common/heatRamp';
import { connectHost } from '../common/host';
import { l10n } from '../common/l10n';
import { type ChartTheme, readChartTheme } from '../common/chartTheme';
import { drawCurves } from './curvePicture';
import { answersView } from './answersView';
import { curvesView } from './curvesView';
import { canMeasure, strengthView } from './strengthView';
import { formatChange, formatCount, formatLoss } from '../common/format';
import { headerView } from './headerView';
import type { RunLogEvents } from './runLog';
import { EMPTY_RUN, receive, type RunModel } from './runModel';
import { lossSummaryOf } from './lossSummary';
import { lossSummaryView } from './lossSummaryView';
import { lowMemory, machineView } from './machineView';
import { tabList } from './tabList';
import { unitsView } from './unitsView';

/** The page of a run: what the extension says comes in, what the person does goes out, and the view is kept. */
export class RunApp extends LitElement {
  static override properties = {
    run: { state: true },
    view: { state: true },
    theme: { state: true },
    cursor: { state: true },
    second: { state: true },
    hovered: { state: true },
    announcement: { state: true },
    note: { state: true },
  };

  declare private run: RunModel;
  declare private view: RunView;
  declare private theme: ChartTheme;
  declare private cursor: number | null;
  /** Of the machine's charts. */
  declare private second: number | null;
  declare private hovered: readonly [number, number] | null;
  /** What screen readers are told without having asked. */
  declare private announcement: string;
  /** What came of the last export. */
  declare private note: string;
  private readonly host = connectHost({ to: ToRun, from: FromRun, view: RunView });
  private readonly ramp = new HeatRamp();
  private readonly debouncer = new Debouncer();
  private wasAtButtons = false;

  constructor() {
    super();
    this.run = EMPTY_RUN;
    this.view = this.host.view ?? v.parse(RunView, {});
    this.theme = readChartTheme();
    this.announcement = '';
    this.note = '';
    this.cursor = null;
    this.second = null;
    this.hovered = null;
  }

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.host.listen(
      (message) => {
        if (message.type === 'showTab') {
          this.keep({ tab: message.tab });
          return;
        }
        if (message.type === 'saved') {
          this.note = l10n.t('Saved: {0}', message.file);
          return;
        }
        const before = this.run;
        this.run = receive(before, message);
        if (message.type === 'update' && before.evals !== this.run.evals) {
          this.announce();
        }
      },
      () => this.run.summary !== undefined,
    );
    if (this.view.zoom !== null) {
      this.postZoom();
    }
    onThemeChange(() => {
      this.ramp.refresh();
      this.theme = readChartTheme();
    });
  }

  /** The extension has more points than it sends of the whole. */
  private readonly postZoom = (): void => {
    this.host.post({ type: 'zoom', range: this.view.zoom });
  };

  /** Whether a button of the header has the focus. */
  private get isAtButtons(): boolean {
    return this.querySelector('header .toolbar')?.contains(document.activeElement) === true;
  }

  protected override willUpdate(): void {
    this.wasAtButtons = this.isAtButtons;
  }

  protected override updated(): void {
    // The button that somebody pressed may go with the state of the run; the focus stays where it was.
    if (this.wasAtButtons && document.activeElement === document.body) {
      this.querySelector<HTMLElement>('header .toolbar vscode-button')?.focus();
    }
  }

  private announce(): void {
    const { evals } = this.run;
    const last = evals.at(-1);
    if (last !== undefined) {
      this.announcement = evalText(last, evals[0]);
    }
  }

  private readonly keep = (change: Partial<RunView>): void => {
    this.view = { ...this.view, ...change };
    this.host.setView(this.view);
    if (change.zoom !== undefined) {
      // A wheel turns many times in a second.
      this.debouncer.debounce('zoom', this.postZoom);
    }
  };

  protected override render(): TemplateResult {
    const { run } = this;
    if (run.summary === undefined) {
      return html`<main aria-busy="true"><p class="muted">${l10n.t('Reading the run…')}</p></main>`;
    }
    const lossSummary = lossSummaryOf(run);
    return html`<main>
      ${headerView(run, run.summary, {
        command: (command) => {
          this.host.post({ type: 'command', command });
        },
        openProblem: ({ file, line }: RunProblem) => {
          this.host.post({ type: 'openProblem', file, line });
        },
      })}
      ${isRunning(run) ? lowMemory(run.machine) : nothing} ${lossSummaryView(lossSummary)}
      ${tabList(
        RUN_TABS.map((tab) => [tab, tabText(tab)] as const),
        this.view.tab,
        (tab) => {
          this.keep({ tab });
        },
      )}
      <div id="tab-panel" role="tabpanel" aria-labelledby=${`tab-${this.view.tab}`}>
        ${this.panel(lossSummary)}
      </div>
      <p class="visually-hidden" role="status" aria-live="polite">${this.announcement}</p>
    </main>`;
  }

  private panel(lossSummary: ReturnType<typeof lossSummaryOf>): TemplateResult | typeof nothing {
    const { run, view, theme, keep } = this;
    switch (view.tab) {
      case 'curves':
        return curvesView({
          run,
          lossSummary,
          view,
          theme,
          cursor: this.cursor,
          note: this.note,
          actions: {
            keep,
            saveCsv: () => {
              this.host.post({ type: 'saveCurves' });
            },
            savePicture: () => {
              this.host.post({ type: 'savePicture', png: drawCurves({ run, lossSummary, view, theme }) });
            },
          },
          setCursor: (step) => {
            this.cursor = step;
          },
        });
      case 'answers':
        return answersView({
          answers: run.answers,
          view,
          keep,
          save: () => {
            this.host.post({ type: 'saveAnswers' });
          },
        });
      case 'units':
        return unitsView({
          units: run.units,
          copies: run.summary?.copies ?? [],
          view,
          theme,
          colours: this.ramp.colours,
          hovered: this.hovered,
          keep,
          hover: (cell) => {
            this.hovered = cell;
          },
        });
      case 'strength':
        return strengthView({
          strength: run.strength,
          isMeasuring: run.summary?.isMeasuring === true,
          canMeasure: run.summary !== undefined && canMeasure(run.summary),
          alpha: view.alpha,
          drop: view.drop,
          keep,
          measure: () => {
            this.host.post({ type: 'measureStrength' });
          },
          exportAt: (step) => {
            this.host.post({ type: 'exportStrength', step, alpha: view.alpha, drop: [...view.drop] });
          },
          tryAt: (step) => {
            this.host.post({ type: 'tryStrength', step, alpha: view.alpha, drop: [...view.drop] });
          },
        });
      case 'machine':
        return machineView({
          machine: run.machine,
          isRunning: isRunning(run),
          view,
          theme,
          cursor: this.second,
          keep,
          setCursor: (second) => {
            this.second = second;
          },
        });
      case 'log':
        return html`<adept-run-log
          .lines=${run.log.lines}
          .skipped=${run.log.skipped}
          .filter=${view.filter}
          .level=${view.level}
          @filter=${({ detail }: RunLogEvents['filter']) => {
            keep(detail);
          }}
        ></adept-run-log>`;
    }
  }
}

function isRunning({ summary }: RunModel): boolean {
  return summary?.state === 'running' || summary?.state === 'paused';
}

function tabText(tab: RunTab): string {
  const texts: Readonly<Record<RunTab, string>> = {
    curves: l10n.t('Curves'),
    answers: l10n.t('Answers'),
    units: l10n.t('Units'),
    strength: l10n.t('Strength (α)'),
    machine: l10n.t('Machine'),
    log: l10n.t('Log'),
  };
  return texts[tab];
}

function evalText(point: EvalPoint, first: EvalPoint | undefined): string {
  const change =
    point.generalLoss === null || first?.generalLoss === null || first === undefined
      ? undefined
      : point.generalLoss - first.generalLoss;
  return l10n.t(
    'Step {0}: domain loss {1}, general loss {2}, {3} since start',
    formatCount(point.step),
    formatLoss(point.domainLoss),
    formatLoss(point.generalLoss),
    formatChange(change),
  );
}
