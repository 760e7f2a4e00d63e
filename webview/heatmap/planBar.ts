import { html, nothing, type TemplateResult } from 'lit';
import type { LaunchWarning } from '../../src/shared/launch/launchCheck';
import type { PlanPrice } from '../../src/shared/launch/planPrice';
import type { RunDuration } from '../../src/shared/launch/runDuration';
import { l10n } from '../common/l10n';
import { pushButton } from '../common/pushButton';
import { bytesText, countText, durationText, layersText, secondsText } from './texts';

export interface PlanBar {
  readonly marked: readonly number[];
  /** Of the model. */
  readonly layers: number;
  readonly price: PlanPrice;
  readonly duration: RunDuration | undefined;
  readonly warnings: readonly LaunchWarning[];
  /** What is still to be done before a run can start, and how many fields are wrong; undefined where it can. */
  readonly missing: { readonly reason: string; readonly wrong: number } | undefined;
  /** Why nothing can be started here; undefined where it can. */
  readonly blocked: string | undefined;
  start(): void;
  /** Leads to what is missing, or is warned of. */
  show(): void;
}

/** The plan in one line, which stays in sight while the heatmap scrolls: what each click costs, and whether it can start. */
export function planBar(plan: PlanBar): TemplateResult {
  const { marked, layers, blocked } = plan;
  return html`<section class="plan-bar" aria-label=${l10n.t('Plan at a glance')}>
    <p>
      <strong>
        ${
          marked.length === 0
            ? l10n.t('No layer is marked')
            : l10n.t('{0}: {1} → {2}', layersText(marked), layers, layers + marked.length)
        }
      </strong>
      ${marked.length === 0 ? nothing : costs(plan).map((text) => html`<span>${text}</span>`)}
      ${marked.length === 0 ? nothing : checkSign(plan)}
    </p>
    ${pushButton({
      text: l10n.t('Start…'),
      primary: true,
      disabled: blocked !== undefined,
      title: blocked,
      act: () => {
        plan.start();
      },
    })}
  </section>`;
}

function costs({ price, duration }: PlanBar): string[] {
  if (!price.known) {
    return [];
  }
  const { parametersAdded, memoryBytes, secondsPerStep, inferenceFactor } = price.estimate;
  return [
    l10n.t('+{0} parameters', countText(parametersAdded)),
    ...(memoryBytes === undefined ? [] : [bytesText(memoryBytes)]),
    ...(secondsPerStep === undefined ? [] : [l10n.t('{0} a step', secondsText(secondsPerStep))]),
    ...(duration === undefined ? [] : [durationOf(duration)]),
    l10n.t('inference {0}×', inferenceFactor.toFixed(2)),
  ];
}

function durationOf({ seconds, answers }: RunDuration): string {
  const text = durationText(seconds);
  return answers ? l10n.t('{0} without answers', text) : l10n.t('{0} in all', text);
}

/** One sign for how it stands; the form says it at length. */
function checkSign(plan: PlanBar): TemplateResult {
  const { missing, warnings } = plan;
  const [icon, text, more] =
    missing !== undefined
      ? missing.wrong === 0
        ? (['circle-outline', l10n.t('incomplete'), missing.reason] as const)
        : (['error', l10n.t('{0} to correct', missing.wrong), missing.reason] as const)
      : warnings.length > 0
        ? ([
            'warning',
            warnings.length === 1 ? l10n.t('1 warning') : l10n.t('{0} warnings', warnings.length),
            warnings.map((warning) => warning.text).join('\n'),
          ] as const)
        : (['pass', l10n.t('ready'), ''] as const);
  const sign = html`<span class="codicon codicon-${icon}" aria-hidden="true"></span><span>${text}</span>`;
  return more === ''
    ? html`<span class="check-sign">${sign}</span>`
    : html`<button
        type="button"
        class="check-sign"
        title=${more}
        @click=${() => {
          plan.show();
        }}
      >
        ${sign}
      </button>`;
}
