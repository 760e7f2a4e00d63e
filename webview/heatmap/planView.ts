import { html, nothing, type TemplateResult } from 'lit';
import type { PlanPrice } from '../../src/shared/launch/planPrice';
import { l10n } from '../common/l10n';
import { bytesText, countText, layersText, percentText, secondsText } from './texts';

export interface Plan {
  readonly marked: readonly number[];
  /** Of the model. */
  readonly layers: number;
  readonly price: PlanPrice;
  /** Why nothing can be started; undefined where it can. */
  readonly blocked: string | undefined;
  expand(): void;
}

/** What the marked layers cost, at once after every click. */
export function planView(plan: Plan): TemplateResult {
  const { marked, price, blocked } = plan;
  return html`<section class="plan" aria-labelledby="plan-heading">
    <h2 id="plan-heading">${l10n.t('Plan')}</h2>
    <p role="status" aria-live="polite" class="summary">${summary(plan)}</p>
    ${price.known ? details(price.estimate) : html`<p class="muted">${l10n.t('No cost estimate: {0}', price.problem)}</p>`}
    <p class="actions">
      <button
        type="button"
        ?disabled=${marked.length === 0 || blocked !== undefined}
        title=${blocked ?? nothing}
        @click=${() => {
          plan.expand();
        }}
      >
        ${l10n.t('Expand without tuning…')}
      </button>
    </p>
  </section>`;
}

/** A sentence or two, which screen readers read out after every click. */
function summary({ marked, layers, price }: Plan): string {
  if (marked.length === 0) {
    return l10n.t('No layer is marked: click layers, or have the least important ones suggested.');
  }
  const chosen = l10n.t(
    'Copies of {0}: {1} layers become {2}.',
    layersText(marked),
    layers,
    layers + marked.length,
  );
  if (!price.known) {
    return chosen;
  }
  const { parametersAdded, trainableShare } = price.estimate;
  const cost = l10n.t(
    '{0} parameters are added; {1} of all are trained.',
    countText(parametersAdded),
    percentText(trainableShare),
  );
  return `${chosen} ${cost}`;
}

function details(estimate: Extract<PlanPrice, { known: true }>['estimate']): TemplateResult {
  const { parametersAdded, trainableShare, memoryBytes, secondsPerStep, inferenceFactor } = estimate;
  const rows: readonly (readonly [string, string])[] = [
    [l10n.t('Parameters added'), countText(parametersAdded)],
    [l10n.t('Trainable share'), percentText(trainableShare)],
    [
      l10n.t('Memory'),
      memoryBytes === undefined ? l10n.t('not known') : l10n.t('about {0}', bytesText(memoryBytes)),
    ],
    [
      l10n.t('Time per step'),
      secondsPerStep === undefined ? l10n.t('not known') : l10n.t('about {0}', secondsText(secondsPerStep)),
    ],
    [l10n.t('Inference'), l10n.t('{0} times as slow', inferenceFactor.toFixed(2))],
  ];
  return html`<dl class="price">
    ${rows.map(
      ([term, value]) =>
        html`<div>
          <dt>${term}</dt>
          <dd class="numeric">${value}</dd>
        </div>`,
    )}
  </dl>`;
}
