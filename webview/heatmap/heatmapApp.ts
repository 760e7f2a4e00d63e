import { LitElement, type TemplateResult } from 'lit';
import { messageOf } from '../../src/shared/common/errors';
import { nextOrder } from '../../src/shared/heatmap/sortRows';
import { toCsv } from '../../src/shared/heatmap/valueTable';
import type { Proposal } from '../../src/shared/launch/proposals';
import { proposedCount } from '../../src/shared/launch/studiedSettings';
import { contrastLayers, lowestLayers } from '../../src/shared/method/layerChoice';
import {
  isFormSetting,
  readForm,
  withField,
  type FormFiles,
  type LaunchForm,
} from '../../src/shared/launch/launchForm';
import { FromHeatmap, ToHeatmap, type LaunchContext } from '../../src/shared/webview/heatmap';
import { connectHost } from '../common/host';
import { l10n } from '../common/l10n';
import { brokenPage, heatmapPage, pageTitle, waitingPage, type PageActions } from './heatmapPage';
import type { HeatGrid } from '../common/heatGrid';
import { HeatRamp, onThemeChange } from '../common/heatRamp';
import { FIRST_VIEW, HeatmapView } from './heatmapView';
import { historyKey, MarkHistory } from './markHistory';
import { LaunchModel } from './launchModel';
import type { LaunchFormView, LaunchPreview } from './launchFormView';
import { drawPicture } from './picture';
import { Debouncer } from '../common/debouncer';
import { firstForm } from './firstForm';
import { ShownImportance } from './shownImportance';
import { wantedCount } from './toolbar';

/** The whole page: what the extension says comes in, what the person does goes out, and the view is kept. */
export class HeatmapApp extends LitElement {
  private readonly host = connectHost({ to: ToHeatmap, from: FromHeatmap, view: HeatmapView });
  private readonly ramp = new HeatRamp();
  private readonly launchModel = new LaunchModel();
  private readonly debouncer = new Debouncer();
  private readonly marksBefore = new MarkHistory();
  private view: HeatmapView = this.host.view ?? FIRST_VIEW;
  private marks: { readonly of: readonly number[]; readonly set: ReadonlySet<number> } | undefined;
  private shown: ShownImportance | undefined;
  private launch: LaunchContext | undefined;
  private trusted = false;
  private broken: string | undefined;
  private note = '';

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
    document.addEventListener('keydown', this.onKey);
    document.addEventListener('scroll', this.onScroll, { capture: true, passive: true });
  }

  protected override render(): TemplateResult {
    if (this.broken !== undefined) {
      return brokenPage(this.broken);
    }
    const { shown, launch, view, trusted, note, launchModel } = this;
    if (shown === undefined || launch === undefined || view.form === null) {
      return waitingPage();
    }
    const content = {
      shown,
      launch,
      form: view.form,
      view,
      marked: this.marked(),
      trusted,
      note,
      launchModel,
    };
    return heatmapPage(content, this.actions(shown, view.form));
  }

  private actions(shown: ShownImportance, form: LaunchForm): PageActions {
    return {
      change: (change) => {
        this.keep(change);
      },
      mark: (layer) => {
        this.toggle(layer);
      },
      markAll: (layers) => {
        this.change(layers);
      },
      suggest: () => {
        const k = wantedCount(this.view.lowest, shown.layers);
        if (k !== undefined) {
          const byContrast = shown.domainTable !== undefined && this.view.suggestBy === 'contrast';
          const choose = byContrast ? contrastLayers : lowestLayers;
          this.change(choose(shown.importance, k, shown.layers, shown.file));
        }
      },
      clear: () => {
        this.change([]);
      },
      canUndo: this.marksBefore.canUndo,
      canRedo: this.marksBefore.canRedo,
      undo: () => {
        this.take(this.marksBefore.undo(this.view.marked));
      },
      redo: () => {
        this.take(this.marksBefore.redo(this.view.marked));
      },
      sort: (by) => {
        this.keep({ order: nextOrder(this.view.order, by) });
      },
      saveCsv: () => {
        this.host.post({ type: 'saveCsv', text: toCsv(shown.values()) });
      },
      savePicture: () => {
        this.host.post({ type: 'savePicture', png: this.picture(shown) });
      },
      expand: () => {
        this.host.post({ type: 'expand', layers: this.view.marked });
      },
      manageTrust: () => {
        this.host.post({ type: 'manageTrust' });
      },
      edit: (change) => {
        this.launchModel.visit(change.field);
        this.keep({ form: change.form });
        this.checkSoon();
      },
      take: (taken) => {
        this.takeProposals(taken, form);
      },
      measureMore: (more) => {
        this.host.post({ type: 'measureMore', sequences: shown.importance.probe.sequences + more });
      },
      pick: (field) => {
        this.host.post({ type: 'pick', field });
      },
      previewText: (field) => {
        const { files, texts, settings } = readForm(form, l10n);
        this.host.post({
          type: 'previewText',
          files: [...files[field]],
          text: texts,
          ...(typeof settings.seqLen === 'number' ? { seqLen: settings.seqLen } : {}),
        });
      },
      showLaunchCheck: () => {
        this.launchModel.visitAll();
        this.requestUpdate();
        void this.focusForm((element) => {
          element.showLaunchCheck();
        });
      },
      showForm: () => {
        void this.focusForm((element) => {
          element.focusFirst();
        });
      },
      launch: (preview, queued) => {
        this.tryLaunch(form, preview, queued);
      },
    };
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
        this.launchModel.learn(message);
        break;
      case 'launched':
        this.launched(message);
        break;
      case 'notLaunched':
        this.launchModel.state =
          message.problem === null ? { kind: 'idle' } : { kind: 'failed', problem: message.problem };
        this.keep({ usedNames: { ...this.view.usedNames, launched: '' } });
        break;
      case 'saved':
        this.note = l10n.t('Saved: {0}', message.file);
        break;
      case 'toggleMark':
        this.toggle(message.layer);
        break;
      case 'showInside':
        void this.showInside(message.unit);
        break;
      case 'focusLaunch':
        this.takeCompute(message.compute);
        void this.focusForm((form) => {
          form.focusFirst();
        });
        break;
    }
  }

  private show({ file, importance, model, trusted, launch }: Extract<ToHeatmap, { type: 'show' }>): void {
    const first = this.shown === undefined;
    if (first && this.host.view === undefined) {
      this.keep({ lowest: String(proposedCount(importance.model.layers)) });
    }
    try {
      this.shown = new ShownImportance(importance, model, file);
      this.broken = undefined;
    } catch (error) {
      this.broken = messageOf(error);
      return;
    }
    const setting = this.launch?.engine;
    this.launch = launch;
    this.trusted = trusted;
    const form = this.named(
      this.view.form ?? firstForm(launch, launch.probe ?? importance.probe.sources, importance.probe.seqLen),
      launch.name,
    );
    // Whoever changes the setting meanwhile means this run as well.
    const isChanged = setting !== undefined && setting !== launch.engine;
    this.keep({ form: isChanged ? withField(form, 'engine', launch.engine) : form });
    this.mark(this.view.marked.filter((layer) => layer < importance.model.layers));
    this.checkSoon();
    if (first) {
      void this.restoreScroll();
    }
  }

  /** The form with a name that is free, where that which it has was proposed, or is that of the run it launched last. */
  private named(form: LaunchForm, free: string): LaunchForm {
    const { proposed, launched } = this.view.usedNames;
    this.keep({ usedNames: { proposed: free, launched: '' } });
    return form.name === proposed || form.name === launched ? { ...form, name: free } : form;
  }

  private keep(change: Partial<HeatmapView>): void {
    this.view = { ...this.view, ...change };
    this.host.setView(this.view);
    this.requestUpdate();
  }

  private mark(marked: readonly number[]): void {
    const layers = [...marked].sort((a, b) => a - b);
    this.keep({ marked: layers });
    this.host.post({ type: 'marked', layers });
  }

  private toggle(layer: number): void {
    const { marked } = this.view;
    this.change(marked.includes(layer) ? marked.filter((other) => other !== layer) : [...marked, layer]);
  }

  private async showInside(unit: string): Promise<void> {
    this.keep({ groupsUnit: unit, folds: [...new Set([...this.view.folds, 'groups' as const])] });
    await this.updateComplete;
    const fold = this.querySelector('.fold-groups');
    fold?.scrollIntoView({ block: 'start' });
    fold?.querySelector('select')?.focus();
  }

  /** As {@link mark}, by the person, who can take it back. */
  private change(marked: readonly number[]): void {
    this.marksBefore.note(this.view.marked);
    this.mark(marked);
  }

  private take(marked: readonly number[] | undefined): void {
    if (marked !== undefined) {
      this.mark(marked);
    }
  }

  private readonly onKey = (event: KeyboardEvent): void => {
    const wanted = historyKey(event);
    if (wanted !== undefined) {
      event.preventDefault();
      this.take(this.marksBefore[wanted](this.view.marked));
    }
  };

  private marked(): ReadonlySet<number> {
    const { marked } = this.view;
    if (this.marks?.of !== marked) {
      this.marks = { of: marked, set: new Set(marked) };
    }
    return this.marks.set;
  }

  private addFiles(field: FormFiles, paths: readonly string[]): void {
    const { form } = this.view;
    if (form !== null) {
      const lines = form.files[field].split('\n').filter((line) => line.trim() !== '');
      const added = paths.filter((path) => !lines.includes(path));
      this.launchModel.visit(field);
      this.keep({ form: { ...form, files: { ...form.files, [field]: [...lines, ...added].join('\n') } } });
      this.checkSoon();
    }
  }

  private checkSoon(): void {
    this.debouncer.debounce('typing', () => {
      if (this.view.form !== null) {
        const { name, files } = readForm(this.view.form, l10n);
        const lists = Object.values(files).filter((list) => list.length > 0);
        this.host.post({
          type: 'check',
          name,
          files: [...new Set(lists.flat())],
          texts: lists.map((list) => [...list]),
        });
      }
    });
  }

  private takeProposals(taken: readonly Proposal[], form: LaunchForm): void {
    let next = form;
    for (const [field, value] of taken.flatMap(({ settings }) => Object.entries(settings))) {
      if (isFormSetting(field)) {
        this.launchModel.visit(field);
        next = withField(next, field, value);
      }
    }
    this.keep({ form: next });
    const layers = taken.findLast((proposal) => proposal.layers !== undefined)?.layers;
    if (layers !== undefined) {
      this.change(layers);
    }
    this.checkSoon();
  }

  private tryLaunch(form: LaunchForm, preview: LaunchPreview, queued: boolean): void {
    this.launchModel.visitAll();
    if (preview.ready) {
      this.launchModel.state = { kind: 'starting' };
      // The run's panel may come to the front, and this page be gone, before the answer comes.
      this.keep({ usedNames: { ...this.view.usedNames, launched: form.name } });
      this.host.post({
        type: 'launch',
        form,
        text: preview.text,
        ...(queued ? { queued } : {}),
      });
    } else {
      this.launchModel.state = { kind: 'failed', problem: preview.reason };
      void this.focusForm((element) => {
        element.focusProblem();
      });
    }
    this.requestUpdate();
  }

  /** The form is ready for another run at once: its name is taken now. */
  private launched({ file, nextName, queued }: Extract<ToHeatmap, { type: 'launched' }>): void {
    this.launchModel.state = { kind: 'launched', file, queued: queued === true };
    if (this.view.form !== null) {
      this.keep({
        form: { ...this.view.form, name: nextName },
        usedNames: { proposed: nextName, launched: '' },
      });
    }
  }

  /** What a command was told of the ranks of PyTorch. */
  private takeCompute(compute: Extract<ToHeatmap, { type: 'focusLaunch' }>['compute']): void {
    const { form } = this.view;
    if (form !== null && compute !== undefined) {
      const { ranks, dtype } = compute;
      this.keep({ form: { ...form, compute: { engine: 'torch', ranks: String(ranks), dtype } } });
    }
  }

  private async focusForm(focus: (form: LaunchFormView) => void): Promise<void> {
    await this.updateComplete;
    const element = this.querySelector<LaunchFormView>('adept-launch-form');
    if (element !== null) {
      await element.updateComplete;
      focus(element);
    }
  }

  private picture(shown: ShownImportance): string {
    return drawPicture({
      title: pageTitle(shown),
      table: shown.table,
      rows: shown.rows(this.view),
      ranges: shown.ranges(this.view),
      marked: this.marked(),
      colours: this.ramp.colours,
    });
  }

  private get grid(): HeatGrid | null {
    return this.querySelector<HeatGrid>('adept-heat-grid');
  }

  private readonly onScroll = (): void => {
    this.debouncer.debounce('scrolling', () => {
      if (this.shown !== undefined) {
        const grid = this.grid?.scrolled ?? this.view.scroll.grid;
        this.view = { ...this.view, scroll: { page: window.scrollY, grid } };
        this.host.setView(this.view);
      }
    });
  };

  private async restoreScroll(): Promise<void> {
    const { page, grid } = this.view.scroll;
    if (page === 0 && grid === 0) {
      return;
    }
    await this.updateComplete;
    const element = this.grid;
    await element?.updateComplete;
    // Without it the page is not yet as high as it was.
    await this.querySelector<LaunchFormView>('adept-launch-form')?.updateComplete;
    if (element !== null) {
      element.scrolled = grid;
    }
    window.scrollTo({ top: page });
  }
}
