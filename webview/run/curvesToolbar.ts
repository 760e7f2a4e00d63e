import { html, nothing, type TemplateResult } from 'lit';
import { MOST_SMOOTHING, SHOWN_MARKS, type RunView, type ShownMark } from '../../src/shared/webview/run';
import { l10n } from '../common/l10n';
import { pushButton } from '../common/pushButton';
import { formatCount } from '../common/format';
import { markIcon } from '../common/markShapes';
import { markKindText } from '../common/markText';
import type { RunModel } from './runModel';
import { toggle } from '../common/toggle';

export interface CurvesActions {
  readonly keep: (change: Partial<RunView>) => void;
  readonly saveCsv: () => void;
  readonly savePicture: () => void;
}

/** How the curves are looked at, and what can be done with them. */
export function curvesToolbar(view: RunView, note: string, actions: CurvesActions): TemplateResult {
  const { keep } = actions;
  return html`<div class="toolbar">
    ${view.table ? nothing : curveControls(view, actions)}
    ${toggle(l10n.t('Show as table'), view.table, (table) => {
      keep({ table });
    })}
    <div class="group">
      ${save(l10n.t('Export CSV…'), actions.saveCsv)}
      ${view.table ? nothing : save(l10n.t('Export PNG…'), actions.savePicture)}
    </div>
    <span class="muted" role="status">${note}</span>
  </div>`;
}

function save(text: string, act: () => void): TemplateResult {
  return pushButton({ text: text, act: act });
}

function curveControls(view: RunView, { keep }: CurvesActions): TemplateResult {
  return html`${smoothingSlider(view, keep)}
  ${toggle(l10n.t('Logarithmic'), view.logScale, (logScale) => {
    keep({ logScale });
  })}
  ${toggle(l10n.t('Change since start'), view.sinceStart, (sinceStart) => {
    keep({ sinceStart });
  })}`;
}

function smoothingSlider({ smoothing }: RunView, keep: CurvesActions['keep']): TemplateResult {
  const text = smoothing === 0 ? l10n.t('off') : smoothing.toFixed(2);
  return html`<label
    class="smoothing"
    title=${l10n.t(
      'Weight of the steps before in an exponential moving average of training loss and tokens per second. 0 shows them as they are.',
    )}
    >${l10n.t('Smoothing')}
    <input
      type="range"
      min="0"
      max=${MOST_SMOOTHING}
      step="0.01"
      .value=${String(smoothing)}
      aria-valuetext=${text}
      @input=${(event: InputEvent) => {
        keep({ smoothing: Number((event.currentTarget as HTMLInputElement).value) });
      }}
    />
    <output>${text}</output>
  </label>`;
}

/** The marks there are, each with its shape; pressed are those that are drawn. */
export function markLegend(
  run: RunModel,
  { hiddenMarks }: RunView,
  keep: CurvesActions['keep'],
): TemplateResult {
  const counts = markCounts(run);
  return html`<div class="mark-legend" role="group" aria-label=${l10n.t('Marks')}>
    ${SHOWN_MARKS.filter((kind) => counts[kind] > 0).map((kind) => {
      const isShown = !hiddenMarks.includes(kind);
      return html`<button
        type="button"
        aria-pressed=${isShown ? 'true' : 'false'}
        data-mark=${kind}
        @click=${() => {
          keep({
            hiddenMarks: isShown ? [...hiddenMarks, kind] : hiddenMarks.filter((hidden) => hidden !== kind),
          });
        }}
      >
        ${markIcon(kind)} ${markKindText(kind)} <span class="muted">${formatCount(counts[kind])}</span>
      </button>`;
    })}
  </div>`;
}

function markCounts({ marks, checkpoints }: RunModel): Record<ShownMark, number> {
  const counts = { checkpoint: checkpoints.length, rate: 0, refresh: 0, resume: 0, remedy: 0 };
  for (const { kind } of marks) {
    counts[kind] += 1;
  }
  return counts;
}
