import { html, LitElement, type TemplateResult } from 'lit';
import { messageOf } from '../../src/shared/errors';
import { nextOrder } from '../../src/shared/heatmap/sortRows';
import { toCsv, valueTable } from '../../src/shared/heatmap/valueTable';
import { lowestLayers } from '../../src/shared/layerChoice';
import {
  freshForm,
  readForm,
  type FormFiles,
  type FormReading,
  type LaunchForm,
} from '../../src/shared/launch/launchForm';
import { planPrice, type PlanPrice } from '../../src/shared/launch/planPrice';
import { FromHeatmap, ToHeatmap, type LaunchSurroundings } from '../../src/shared/webview/heatmap';
import { connectHost } from '../common/host';
import { l10n } from '../common/l10n';
import { HeatRamp, onThemeChange } from './heatRamp';
import { FIRST_VIEW, HeatmapView } from './heatmapView';
import type { ImportanceGrid } from './importanceGrid';
import { type GridEvents } from './importanceGrid';
import { LaunchDesk } from './launchDesk';
import type { LaunchFormView } from './launchFormView';
import { type LaunchFormEvents } from './launchFormView';
import { previewOf } from './launchPreview';
import { legend } from './legend';
import { drawPicture } from './picture';
import { planView } from './planView';
import { ShownImportance } from './shownImportance';
import { factsText, modelName, noFolder, untrusted } from './texts';
import { toolbar, wantedCount } from './toolbar';
import { valueTableView } from './valueTableView';

// Files are looked for when the typing rests, and the view is kept when the scrolling does.
const REST_MILLISECONDS = 300;

/** The whole page: what the extension says comes in, what the person does goes out, and the view is kept. */
export class HeatmapApp extends LitElement {
  private readonly host = connectHost({ to: ToHeatmap, from: FromHeatmap, view: HeatmapView });
  private readonly ramp = new HeatRamp();
  private readonly desk = new LaunchDesk();
  private view: HeatmapView = this.host.view ?? FIRST_VIEW;
  private shown: ShownImportance | undefined;
  private launch: LaunchSurroundings | undefined;
  private trusted = false;
  private broken: string | undefined;
  private note = '';
  private readonly timers = new Map<string, ReturnType<typeof setTimeout>>();

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.host.listen((message) => {
      this.receive(message);
      this.requestUpdate();
    });
    onThemeChange(() => {
      this.ramp.refresh();
    });
    document.addEventListener('scroll', this.onScroll, { capture: true, passive: true });
  }

  private receive(message: ToHeatmap): void {
    switch (message.type) {
      case 'show':
        this.show(message);
        break;
      case 'broken':
        this.broken = message.message;
        break;
      case 'trusted':
        this.trusted = true;
        break;
      case 'picked':
        this.addFiles(message.field, message.paths);
        break;
      case 'checked':
        this.desk.learn(message);
        break;
      case 'launched':
        this.desk.state = { kind: 'launched', file: message.file };
        break;
      case 'notLaunched':
        this.desk.state =
          message.problem === null ? { kind: 'idle' } : { kind: 'failed', problem: message.problem };
        break;
      case 'saved':
        this.note = l10n.t('Saved: {0}', message.file);
        break;
      case 'focusLaunch':
        void this.updateComplete.then(() =>
          this.querySelector<LaunchFormView>('adept-launch-form')?.focusFirst(),
        );
        break;
    }
  }

  private show({ file, importance, model, trusted, launch }: Extract<ToHeatmap, { type: 'show' }>): void {
    const first = this.shown === undefined;
    try {
      this.shown = new ShownImportance(importance, model, file);
      this.broken = undefined;
    } catch (error) {
      this.broken = messageOf(error);
      return;
    }
    this.launch = launch;
    this.trusted = trusted;
    const marked = this.view.marked.filter((layer) => layer < importance.model.layers);
    this.keep({ marked, form: this.view.form ?? firstForm(launch, importance.probe.sources) });
    this.host.post({ type: 'marked', layers: marked });
    this.checkSoon();
    if (first) {
      void this.restoreScroll();
    }
  }

  private async restoreScroll(): Promise<void> {
    const { page, grid } = this.view.scroll;
    if (page === 0 && grid === 0) {
      return;
    }
    await this.updateComplete;
    const element = this.grid;
    await element?.updateComplete;
    if (element !== null) {
      element.scrolled = grid;
    }
    window.scrollTo({ top: page });
  }

  private get grid(): ImportanceGrid | null {
    return this.querySelector<ImportanceGrid>('adept-importance-grid');
  }

  private keep(change: Partial<HeatmapView>): void {
    this.view = { ...this.view, ...change };
    this.host.setView(this.view);
    this.requestUpdate();
  }

  private later(name: string, work: () => void): void {
    clearTimeout(this.timers.get(name));
    this.timers.set(name, setTimeout(work, REST_MILLISECONDS));
  }

  private readonly onScroll = (): void => {
    this.later('scroll', () => {
      if (this.shown !== undefined) {
        const grid = this.grid?.scrolled ?? this.view.scroll.grid;
        this.view = { ...this.view, scroll: { page: window.scrollY, grid } };
        this.host.setView(this.view);
      }
    });
  };

  private mark(marked: readonly number[]): void {
    const layers = [...marked].sort((a, b) => a - b);
    this.keep({ marked: layers });
    this.host.post({ type: 'marked', layers });
  }

  private readonly onMark = ({ detail }: GridEvents['mark']): void => {
    const { marked } = this.view;
    this.mark(marked.includes(detail) ? marked.filter((layer) => layer !== detail) : [...marked, detail]);
  };

  private readonly onSort = ({ detail }: GridEvents['sort']): void => {
    this.keep({ order: nextOrder(this.view.order, detail) });
  };

  private suggest(shown: ShownImportance): void {
    const k = wantedCount(this.view.lowest, shown.layers);
    if (k !== undefined) {
      this.mark(lowestLayers(shown.importance, k, shown.layers, shown.file));
    }
  }

  private addFiles(field: FormFiles, paths: readonly string[]): void {
    const { form } = this.view;
    if (form !== null) {
      const lines = form.files[field].split('\n').filter((line) => line.trim() !== '');
      const added = paths.filter((path) => !lines.includes(path));
      this.desk.visit(field);
      this.keep({ form: { ...form, files: { ...form.files, [field]: [...lines, ...added].join('\n') } } });
      this.checkSoon();
    }
  }

  private readonly onEdit = ({ detail: { form, field } }: LaunchFormEvents['edit']): void => {
    this.desk.visit(field);
    this.keep({ form });
    this.checkSoon();
  };

  private checkSoon(): void {
    this.later('check', () => {
      if (this.view.form !== null) {
        const { name, files } = readForm(this.view.form);
        this.host.post({ type: 'check', name, files: [...new Set(Object.values(files).flat())] });
      }
    });
  }

  protected override render(): TemplateResult {
    if (this.broken !== undefined) {
      return html`<main>
        <h1>${l10n.t('This heatmap cannot be shown')}</h1>
        <p class="error" role="alert">${this.broken}</p>
        <p class="muted">${l10n.t('It is read again as soon as the file changes.')}</p>
      </main>`;
    }
    const { shown, launch } = this;
    const { form } = this.view;
    if (shown === undefined || launch === undefined || form === null) {
      return html`<main aria-busy="true"><p class="muted">${l10n.t('Reading…')}</p></main>`;
    }
    return this.page(shown, launch, form);
  }

  private page(shown: ShownImportance, launch: LaunchSurroundings, form: LaunchForm): TemplateResult {
    const reading = readForm(form);
    const price = planPrice(shown.model, shown.importance, this.view.marked, reading);
    return html`<main>
      <header>
        <h1>${l10n.t('Importance in {0}', modelName(shown.importance))}</h1>
        <p class="muted facts">${factsText(shown.importance)}</p>
        ${this.trusted ? '' : this.restricted()}
      </header>
      <div class="panes">
        <section class="map" aria-label=${l10n.t('Heatmap')}>${this.map(shown)}</section>
        <div class="side">
          ${planView({
            marked: this.view.marked,
            layers: shown.layers,
            price,
            blocked: this.trusted ? undefined : untrusted(),
            expand: () => {
              this.host.post({ type: 'expand', layers: this.view.marked });
            },
          })}
          ${this.launchForm(shown, launch, form, reading, price)}
        </div>
      </div>
    </main>`;
  }

  private restricted(): TemplateResult {
    return html`<p class="notice">
      <span class="codicon codicon-shield" aria-hidden="true"></span>
      ${untrusted()}
      <button
        type="button"
        @click=${() => {
          this.host.post({ type: 'manageTrust' });
        }}
      >
        ${l10n.t('Manage Workspace Trust')}
      </button>
    </p>`;
  }

  private map(shown: ShownImportance): TemplateResult {
    const { view } = this;
    const ranges = shown.ranges(view);
    const grid = html`<adept-importance-grid
        .table=${shown.table}
        .ranges=${ranges}
        .rows=${shown.rows(view)}
        .order=${view.order}
        .marked=${this.markedSet()}
        @mark=${this.onMark}
        @sort=${this.onSort}
      ></adept-importance-grid>
      ${legend(ranges)}`;
    return html`${toolbar(view, shown.layers, {
        change: (change) => {
          this.keep(change);
        },
        suggest: () => {
          this.suggest(shown);
        },
        clear: () => {
          this.mark([]);
        },
        saveCsv: () => {
          this.host.post({ type: 'saveCsv', text: toCsv(valueTable(shown.table)) });
        },
        savePicture: () => {
          this.savePicture(shown);
        },
      })}
      <p role="status" class="muted note">${this.note}</p>
      ${view.asTable ? valueTableView(valueTable(shown.table)) : grid}`;
  }

  // The same set for the same layers: the grid compares by identity.
  private marks: { readonly of: readonly number[]; readonly set: ReadonlySet<number> } | undefined;

  private markedSet(): ReadonlySet<number> {
    if (this.marks?.of !== this.view.marked) {
      this.marks = { of: this.view.marked, set: new Set(this.view.marked) };
    }
    return this.marks.set;
  }

  private savePicture(shown: ShownImportance): void {
    const { view } = this;
    const png = drawPicture({
      title: l10n.t('Importance in {0}', modelName(shown.importance)),
      table: shown.table,
      rows: shown.rows(view),
      ranges: shown.ranges(view),
      marked: this.markedSet(),
      colours: this.ramp.colours,
    });
    this.host.post({ type: 'savePicture', png });
  }

  private launchForm(
    shown: ShownImportance,
    launch: LaunchSurroundings,
    form: LaunchForm,
    reading: FormReading,
    price: PlanPrice,
  ): TemplateResult {
    const preview = previewOf({
      reading,
      problems: this.desk.problems(reading),
      marked: this.view.marked,
      importance: shown.importance,
      file: shown.file,
      launch,
      price,
    });
    const blocked = this.trusted ? (launch.place === null ? noFolder() : undefined) : untrusted();
    return html`<adept-launch-form
      .form=${form}
      .problems=${this.desk.shownProblems(reading)}
      .preview=${preview}
      .state=${this.desk.state}
      .blocked=${blocked}
      @edit=${this.onEdit}
      @pick=${({ detail }: LaunchFormEvents['pick']) => {
        this.host.post({ type: 'pick', field: detail });
      }}
      @launch=${() => {
        this.desk.visitAll();
        if (preview.ready) {
          this.desk.state = { kind: 'starting' };
          this.host.post({ type: 'launch', form, text: preview.text });
        } else {
          this.desk.state = { kind: 'failed', problem: preview.reason };
          void this.showProblems();
        }
        this.requestUpdate();
      }}
    ></adept-launch-form>`;
  }

  private async showProblems(): Promise<void> {
    await this.updateComplete;
    const element = this.querySelector<LaunchFormView>('adept-launch-form');
    await element?.updateComplete;
    element?.focusProblem();
  }
}

/** What the form starts with: what was launched last, with this model's probe; or the defaults. */
function firstForm({ name, last }: LaunchSurroundings, probe: readonly string[]): LaunchForm {
  const fresh = freshForm(name, probe);
  return last === null
    ? fresh
    : { name, settings: last.settings, files: { ...last.files, probe: fresh.files.probe } };
}
