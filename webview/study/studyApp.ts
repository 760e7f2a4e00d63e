import { html, LitElement, type TemplateResult } from 'lit';
import { plannedRuns, armText, type StudyFile } from '../../src/shared/study/study';
import { summarize, type ArmSummary, type Spread } from '../../src/shared/study/studySummary';
import { studyPlot } from '../../src/shared/study/studyPlot';
import { FromStudy, StudyView, ToStudy } from '../../src/shared/webview/study';
import { connectHost } from '../common/host';
import { l10n } from '../common/l10n';
import { scrollingTable, type DataRow } from '../common/dataTable';

/** The page of a study: what every arm came to, as a picture and in numbers. */
export class StudyApp extends LitElement {
  static override properties = { shown: { state: true } };

  declare private shown: ToStudy | undefined;
  private readonly host = connectHost({ to: ToStudy, from: FromStudy, view: StudyView });

  /** In the page itself, so that the page's styles hold. */
  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.host.listen((message) => {
      this.shown = message;
    });
  }

  protected override render(): TemplateResult {
    const { shown } = this;
    if (shown === undefined) {
      return html`<main aria-busy="true"><p class="muted">${l10n.t('Reading…')}</p></main>`;
    }
    if (shown.type === 'broken') {
      return html`<main>
        <h1>${l10n.t('This study cannot be shown')}</h1>
        <p class="error" role="alert">${shown.message}</p>
      </main>`;
    }
    return this.study(shown.study, shown.file);
  }

  private study(study: StudyFile, file: string): TemplateResult {
    const summaries = summarize(study);
    const planned = plannedRuns(study).length;
    const done = summaries.reduce((sum, { seeds }) => sum + seeds, 0);
    return html`<main>
      <h1>${l10n.t('Study: domain gain against forgetting')}</h1>
      <p class="muted">
        ${l10n.t('{0} of {1} runs are done; {2} layers are expanded', done, planned, study.k)} ·
        <button
          type="button"
          @click=${() => {
            this.host.post({ type: 'openFile' });
          }}
        >
          ${file}
        </button>
      </p>
      ${study.failures.map(
        ({ arm, seed, message }) =>
          html`<p class="error">
            ${l10n.t('Failed, retried at the next start: {0}', `${arm}-${seed}: ${message}`)}
          </p>`,
      )}
      ${summaries.length === 0 ? html`<p>${l10n.t('No run is done yet.')}</p>` : results(summaries, study)}
    </main>`;
  }
}

function results(summaries: readonly ArmSummary[], study: StudyFile): TemplateResult {
  return html`<figure
      class="plot"
      role="img"
      aria-label=${l10n.t('Domain gain against the rise of general loss; the table has the numbers')}
    >
      ${drawing(studyPlot(summaries))}
    </figure>
    ${scrollingTable(l10n.t('Every arm in numbers'), {
      caption: l10n.t('Mean over seeds, and the range where there are several; losses in nats'),
      headings: headings(),
      rows: summaries.map((summary) => row(summary, study)),
    })}`;
}

function headings(): string[] {
  return [
    l10n.t('arm'),
    l10n.t('seeds'),
    l10n.t('domain loss fell by'),
    l10n.t('general loss rose by'),
    l10n.t('accuracy, points'),
    l10n.t('tokens changed, %'),
    l10n.t('seconds'),
    l10n.t('trained, %'),
  ];
}

function row(summary: ArmSummary, study: StudyFile): DataRow {
  const nats = (value: number): string => value.toFixed(4);
  const points = (value: number): string => (value * 100).toFixed(1);
  return {
    name: summary.arm,
    title: armText(summary.arm, study),
    cells: [
      summary.seeds,
      range(summary.domainGain, nats),
      range(summary.generalRise, nats),
      range(summary.accuracyRise, points),
      range(summary.tokensChanged, points),
      range(summary.trainingSeconds, (value) => value.toFixed(0)),
      points(summary.trainableShare),
    ],
  };
}

function range(spread: Spread | undefined, show: (value: number) => string): string {
  if (spread === undefined) {
    return '–';
  }
  const { mean, lowest, highest } = spread;
  return lowest === highest
    ? show(mean)
    : show(lowest) === show(highest)
      ? show(mean)
      : l10n.t('{0} ({1} to {2})', show(mean), show(lowest), show(highest));
}

/** The drawing as elements of the page; nothing in it comes from a file but numbers and names of arms. */
function drawing(text: string): Node {
  return document.importNode(new DOMParser().parseFromString(text, 'image/svg+xml').documentElement, true);
}
