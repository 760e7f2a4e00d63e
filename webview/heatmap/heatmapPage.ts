import { html, nothing, type TemplateResult } from 'lit';
import type { SortOrder } from '../../src/shared/heatmap/sortRows';
import { readForm, type FormFiles, type LaunchForm } from '../../src/shared/launch/launchForm';
import { planBudget } from '../../src/shared/launch/planBudget';
import { clusterPrice } from '../../src/shared/launch/clusterPrice';
import { launchWarnings, problemsOfModel } from '../../src/shared/launch/launchCheck';
import { proposals, type Proposal } from '../../src/shared/launch/proposals';
import { proposedCount } from '../../src/shared/launch/studiedSettings';
import { trainingAmount } from '../../src/shared/launch/trainingAmount';
import { layerCertainty } from '../../src/shared/method/layerCertainty';
import { planPrice } from '../../src/shared/launch/planPrice';
import { runDuration } from '../../src/shared/launch/runDuration';
import { ratePreview } from '../../src/shared/launch/ratePreview';
import { modelName } from '../../src/shared/model/modelName';
import type { LaunchContext } from '../../src/shared/webview/heatmap';
import { l10n } from '../common/l10n';
import { pushButton } from '../common/pushButton';
import { termHint } from '../common/termHint';
import { budgetView } from './budgetView';
import type { Fold, HeatmapView } from './heatmapView';
import type { HeatGridEvents } from '../common/heatGrid';
import type { LaunchModel } from './launchModel';
import type { LaunchFormEvents, LaunchPreview } from './launchFormView';
import { previewOf } from './launchPreview';
import { legend } from './legend';
import { groupsView } from './groupsView';
import { modelColumn } from './modelColumn';
import { planBar } from './planBar';
import { planView } from './planView';
import { quadrantView } from './quadrantView';
import type { ShownImportance } from './shownImportance';
import { proposalsView } from './proposalsView';
import { countText, factsText, noFolder, untrusted } from './texts';
import { toolbar, type ToolbarActions } from './toolbar';
import { valueTableView } from './valueTableView';

/** Everything that the page shows. */
export interface PageContent {
  readonly shown: ShownImportance;
  readonly launch: LaunchContext;
  readonly form: LaunchForm;
  readonly view: HeatmapView;
  /** The view's marked layers; the same set as long as they are the same. */
  readonly marked: ReadonlySet<number>;
  readonly trusted: boolean;
  /** What was saved last. */
  readonly note: string;
  readonly launchModel: LaunchModel;
}

/** What the person can do on the page. */
export interface PageActions extends ToolbarActions {
  mark(layer: number): void;
  /** Marks these layers and no others. */
  markAll(layers: readonly number[]): void;
  sort(by: SortOrder['by']): void;
  expand(): void;
  manageTrust(): void;
  edit(change: LaunchFormEvents['edit']['detail']): void;
  pick(field: FormFiles): void;
  previewText(field: FormFiles): void;
  /** @param queued whether the run waits in the queue */
  launch(preview: LaunchPreview, queued: boolean): void;
  /** Brings the form into sight, at what is still to be filled in. */
  showForm(): void;
  /** Leads to what speaks against a launch. */
  showLaunchCheck(): void;
  /** Marks and form as proposals have it. */
  take(proposals: readonly Proposal[]): void;
  /** Measures importance again on so many sequences more. */
  measureMore(more: number): void;
}

/** The page of a file that cannot be shown. */
export function brokenPage(message: string): TemplateResult {
  return html`<main>
    <h1>${l10n.t('This heatmap cannot be shown')}</h1>
    <p class="error" role="alert">${message}</p>
    <p class="muted">${l10n.t('It is read again as soon as the file changes.')}</p>
  </main>`;
}

export function waitingPage(): TemplateResult {
  return html`<main aria-busy="true"><p class="muted">${l10n.t('Reading…')}</p></main>`;
}

/** Heatmap, plan and launch form. */
export function heatmapPage(content: PageContent, actions: PageActions): TemplateResult {
  const { shown, trusted } = content;
  const all = decided(content, actions);
  return html`<main>
    <header>
      <h1>${pageTitle(shown)}${termHint('importance')}</h1>
      <p class="muted facts">${factsText(shown.importance)}</p>
      ${trusted ? nothing : restricted(actions)}
    </header>
    ${planBar({
      ...all.plan,
      warnings: all.warnings,
      missing: all.preview.ready ? undefined : all.preview,
      start: () => {
        actions.showForm();
      },
      show: () => {
        actions.showLaunchCheck();
      },
    })}
    <div class="panes">
      <section class="map" aria-label=${l10n.t('Heatmap')}>${map(content, actions)}</section>
      <div class="side">${side(content, all, actions)}</div>
    </div>
    ${launchForm(content, all, actions)}
  </main>`;
}

export function pageTitle({ importance }: ShownImportance): string {
  return l10n.t('Importance in {0}', modelName(importance.model.path));
}

function restricted(actions: PageActions): TemplateResult {
  return html`<p class="notice">
    <span class="codicon codicon-shield" aria-hidden="true"></span>
    ${untrusted()}
    ${pushButton({
      text: l10n.t('Manage Workspace Trust'),
      act: () => {
        actions.manageTrust();
      },
    })}
  </p>`;
}

function map({ shown, view, marked, note }: PageContent, actions: PageActions): TemplateResult {
  return html`${toolbar(view, shown, actions)}
    <p role="status" class="muted note">${note}</p>
    ${view.asTable ? valueTableView(shown.values()) : grid(shown, view, marked, actions)}
    ${quadrantView({
      shown,
      column: view.quadrantColumn < shown.columns.length ? view.quadrantColumn : 0,
      marked,
      choose: (quadrantColumn) => {
        actions.change({ quadrantColumn });
      },
      ...folds(view, actions),
      mark: (layer) => {
        actions.mark(layer);
      },
    })}
    ${groupsView({
      shown,
      unit: view.groupsUnit,
      scale: view.scale,
      choose: (groupsUnit) => {
        actions.change({ groupsUnit });
      },
      ...folds(view, actions),
    })}`;
}

function folds(
  { folds: open }: HeatmapView,
  actions: PageActions,
): { open: readonly Fold[]; toggle: (open: readonly Fold[]) => void } {
  return {
    open,
    toggle: (now) => {
      actions.change({ folds: [...now] });
    },
  };
}

function grid(
  shown: ShownImportance,
  view: HeatmapView,
  marked: ReadonlySet<number>,
  actions: PageActions,
): TemplateResult {
  const ranges = shown.ranges(view);
  return html`<adept-heat-grid
      .label=${l10n.t('Importance of layers and their units')}
      .columns=${shown.columns}
      .describe=${shown.describe(view)}
      .context=${shown.context}
      .rows=${shown.rows(view)}
      .order=${view.order}
      .marked=${marked}
      @mark=${({ detail }: HeatGridEvents['mark']) => {
        actions.mark(detail);
      }}
      @sort=${({ detail }: HeatGridEvents['sort']) => {
        actions.sort(detail);
      }}
    ></adept-heat-grid>
    ${legend(ranges)}`;
}

/** Everything that follows from what is marked and what the form says. */
function decided(content: PageContent, actions: PageActions) {
  const { shown, launch, form, view, trusted, launchModel } = content;
  const reading = readForm(form, l10n);
  const { model, importance } = shown;
  const { marked } = view;
  const price = planPrice(model, importance, marked, reading);
  const ofModel = problemsOfModel(reading, model, l10n);
  const preview = previewOf({
    form,
    reading,
    problems: new Map([...ofModel, ...launchModel.problems(reading)]),
    marked,
    importance,
    file: shown.file,
    launch,
    price,
  });
  const facts = {
    reading,
    model,
    price,
    machine: launch.machine,
    engines: launch.engines,
    copies: marked.length,
  };
  const plan = {
    marked,
    layers: shown.layers,
    price,
    duration: runDuration({ reading, model, importance, marked, known: launchModel.known(reading) }),
    cluster: clusterPrice(model, marked, reading, launch.cluster),
    blocked: trusted ? undefined : untrusted(),
    expand: () => {
      actions.expand();
    },
  };
  return { reading, preview, ofModel, plan, warnings: launchWarnings(facts, l10n) };
}

function side(
  { shown, view, marked, launchModel }: PageContent,
  { reading, plan }: ReturnType<typeof decided>,
  actions: PageActions,
): TemplateResult {
  const picture = modelColumn({
    shown,
    view,
    marked,
    mark: (layer) => {
      actions.mark(layer);
    },
  });
  return html`${planView({ ...plan, picture })}
    <div class="proposals-and-budget">
      ${proposalsView({
        proposals: proposals({
          importance: shown.importance,
          reading,
          marked: view.marked,
          amount: trainingAmount(reading, launchModel.known(reading).get('domain')),
          l10n,
          countText,
        }),
        certainty: layerCertainty(shown.importance, proposedCount(shown.layers)),
        ...folds(view, actions),
        take: (taken) => {
          actions.take(taken);
        },
        measureMore: (more) => {
          actions.measureMore(more);
        },
        blocked: plan.blocked,
      })}
      ${budgetView({
        texts: view.budget,
        isOpen: view.budgetOpen,
        read: () =>
          planBudget(shown.model, shown.importance, reading, launchModel.known(reading), view.budget),
        toggle: (budgetOpen) => {
          if (budgetOpen !== view.budgetOpen) {
            actions.change({ budgetOpen });
          }
        },
        change: (budget) => {
          actions.change({ budget });
        },
        take: (layers) => {
          actions.markAll(layers);
        },
      })}
    </div>`;
}

function launchForm(
  { shown, launch, form, view, launchModel }: PageContent,
  { reading, preview, ofModel, plan, warnings }: ReturnType<typeof decided>,
  actions: PageActions,
): TemplateResult {
  return html`<adept-launch-form
    .form=${form}
    .problems=${new Map([...ofModel, ...launchModel.shownProblems(reading)])}
    .warnings=${warnings}
    .known=${launchModel.known(reading)}
    .frame=${shown.importance.probe}
    .engines=${launch.engines}
    .preview=${preview}
    .rates=${ratePreview(shown.importance, view.marked, reading)}
    .state=${launchModel.state}
    .blocked=${plan.blocked ?? (launch.folders === null ? noFolder() : undefined)}
    .open=${view.formParts}
    @fold=${({ detail }: LaunchFormEvents['fold']) => {
      actions.change({ formParts: [...detail] });
    }}
    @edit=${({ detail }: LaunchFormEvents['edit']) => {
      actions.edit(detail);
    }}
    @pick=${({ detail }: LaunchFormEvents['pick']) => {
      actions.pick(detail);
    }}
    @previewText=${({ detail }: LaunchFormEvents['previewText']) => {
      actions.previewText(detail);
    }}
    @launch=${() => {
      actions.launch(preview, false);
    }}
    @queue=${() => {
      actions.launch(preview, true);
    }}
  ></adept-launch-form>`;
}
