import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { armText, plannedRuns, type StudyFile } from '../../src/shared/study/study';
import { studyPlot } from '../../src/shared/study/studyPlot';
import { summarize, writtenRange, type ArmSummary, type Spread } from '../../src/shared/study/studySummary';
import { FromStudy, StudyView, ToStudy } from '../../src/shared/webview/study';
import { formatChange } from '../common/format';
import { scrollingTable, type DataRow } from '../common/dataTable';
import { connectHost } from '../common/host';
import { l10n } from '../common/l10n';
import { pushButton } from '../common/pushButton';
import { termHint } from '../common/termHint';
import { activityView } from './activityView';

type Shown = Exclude<ToStudy, { type: 'activity' }>;
type Activity = Extract<ToStudy, { type: 'activity' }>;

/** The page of a study: what every arm came to, as a picture and in numbers, and what is being done. */
export class StudyApp extends LitElement {
  static override properties = {
    shown: { state: true },
    now: { state: true },
    isStopping: { state: true },
  };

  declare private shown: Shown | undefined;
  declare private now: Activity | undefined;
  /** Asked for, and not done yet. */
  declare private isStopping: boolean;
  private readonly host = connectHost({ to: ToStudy, from: FromStudy, view: StudyView });

  constructor() {
    super();
    this.isStopping = false;
  }

  /** In the page itself, so that the page's styles hold. */
  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.host.listen((message) => {
      if (message.type === 'activity') {
        this.now = message;
        this.isStopping &&= message.activity !== null;
      } else {
        this.shown = message;
      }
    });
  }

  protected override render(): TemplateResult {
    const { shown } = this;
    if (shown === undefined) {
      return html`<main aria-busy="true"><p class="muted">${l10n.t('Reading…')}</p></main>`;
    }
    switch (shown.type) {
      case 'broken':
        return html`<main>
          <h1>${l10n.t('This study cannot be shown')}</h1>
          <p class="error" role="alert">${shown.message}</p>
        </main>`;
      case 'begin':
        return html`<main>
          <h1>${l10n.t('Study: domain gain against forgetting')}</h1>
          <p>${l10n.t('No run is done yet.')}</p>
          ${this.activity(true)}
        </main>`;
      case 'show':
        return this.study(shown);
    }
  }

  private activity(isOpen: boolean): TemplateResult | typeof nothing {
    return this.now === undefined
      ? nothing
      : activityView(this.now, isOpen, {
          run: () => {
            this.host.post({ type: 'run' });
          },
          stop: () => {
            this.isStopping = true;
            this.host.post({ type: 'stop' });
          },
          isStopping: this.isStopping,
        });
  }

  private study({ study, file, openable }: Extract<Shown, { type: 'show' }>): TemplateResult {
    const summaries = summarize(study);
    const planned = plannedRuns(study).length;
    const done = summaries.reduce((sum, { seeds }) => sum + seeds, 0);
    return html`<main>
      <h1>${l10n.t('Study: domain gain against forgetting')}${termHint('generalLoss')}</h1>
      <p class="muted">
        ${doneText(done, planned, study.k)} ·
        ${pushButton({
          text: shortPath(file),
          title: file,
          act: () => {
            this.host.post({ type: 'openFile' });
          },
        })}
      </p>
      ${this.activity(done < planned)}
      ${study.failures.map(
        ({ arm, seed, message }) =>
          html`<p class="error">
            ${l10n.t('Failed, retried at the next start: {0}', `${arm}-${seed}: ${message}`)}
          </p>`,
      )}
      ${summaries.length === 0 ? html`<p>${l10n.t('No run is done yet.')}</p>` : this.results(summaries, study, openable)}
    </main>`;
  }

  private results(
    summaries: readonly ArmSummary[],
    study: StudyFile,
    openable: readonly { readonly arm: string }[],
  ): TemplateResult {
    const canOpen = (arm: string): boolean => openable.some((run) => run.arm === arm);
    return html`<figure
        class="plot"
        role="img"
        aria-label=${l10n.t('Domain gain against the rise of general loss; the table has the numbers')}
        @click=${this.onPoint}
      >
        ${drawing(summaries, study, canOpen)}
      </figure>
      <p class="about-numbers">
        ${l10n.t('Mean over seeds, and the range where there are several; losses in nats')}
      </p>
      ${scrollingTable(l10n.t('Every arm in numbers'), {
        headings: headings(),
        rows: summaries.map((summary) => ({
          ...row(summary, study),
          name: canOpen(summary.arm) ? this.armButton(summary.arm) : summary.arm,
        })),
      })}`;
  }

  private armButton(arm: string): TemplateResult {
    return html`<button
      type="button"
      class="link"
      title=${l10n.t('Open a run of this arm')}
      @click=${() => {
        this.openRun(arm);
      }}
    >
      ${arm}
    </button>`;
  }

  /** The rows of the table do the same by keys. */
  private readonly onPoint = ({ target }: Event): void => {
    const arm =
      target instanceof Element ? target.closest('[data-arm]')?.getAttribute('data-arm') : undefined;
    if (typeof arm === 'string') {
      this.openRun(arm);
    }
  };

  private openRun(arm: string): void {
    this.host.post({ type: 'openRun', arm });
  }
}

function doneText(done: number, planned: number, layers: number): string {
  return layers === 1
    ? l10n.t('{0} of {1} runs are done; 1 layer is expanded', done, planned)
    : l10n.t('{0} of {1} runs are done; {2} layers are expanded', done, planned, layers);
}

/** With the folder, which is named after the study. */
function shortPath(file: string): string {
  return file.split(/[\\/]/).slice(-2).join('/');
}

function headings(): string[] {
  return [
    l10n.t('arm'),
    l10n.t('seeds'),
    l10n.t('domain gain, nats'),
    l10n.t('change of general loss, nats'),
    l10n.t('accuracy, points'),
    l10n.t('tokens changed, %'),
    l10n.t('seconds'),
    l10n.t('trained, %'),
  ];
}

function row(summary: ArmSummary, study: StudyFile): DataRow {
  const typeset = (text: string): string => text.replace('-', '−');
  const nats = (value: number): string => typeset(value.toFixed(4));
  const points = (value: number): string => typeset((value * 100).toFixed(1));
  return {
    name: summary.arm,
    title: armText(summary.arm, study, l10n),
    cells: [
      summary.seeds,
      range(summary.domainGain, nats),
      range(summary.generalRise, formatChange),
      range(summary.accuracyRise, points),
      range(summary.tokensChanged, points),
      range(summary.trainingSeconds, (value) => value.toFixed(value < 10 ? 1 : 0)),
      points(summary.trainableShare),
    ],
  };
}

function range(spread: Spread | undefined, show: (value: number) => string): unknown {
  if (spread === undefined) {
    return '–';
  }
  const written = writtenRange(spread, show);
  return written === undefined
    ? show(spread.mean)
    : html`${show(spread.mean)} <span class="range">${l10n.t('({0} to {1})', ...written)}</span>`;
}

/** The drawing as elements of the page; nothing in it comes from a file but numbers and names of arms. */
function drawing(
  summaries: readonly ArmSummary[],
  study: StudyFile,
  canOpen: (arm: string) => boolean,
): Node {
  const svg = document.importNode(
    new DOMParser().parseFromString(studyPlot(summaries), 'image/svg+xml').documentElement,
    true,
  );
  for (const [index, point] of [...svg.querySelectorAll('circle')].entries()) {
    const arm = summaries[index]?.arm ?? '';
    const title = document.createElementNS('http://www.w3.org/2000/svg', 'title');
    title.textContent = `${arm}: ${armText(arm, study, l10n)}`;
    point.append(title);
    if (canOpen(arm)) {
      point.dataset.arm = arm;
    }
  }
  return svg;
}
