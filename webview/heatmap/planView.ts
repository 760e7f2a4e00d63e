import { html, nothing, type TemplateResult } from 'lit';
import type { ClusterPrice } from '../../src/shared/launch/clusterPrice';
import type { RunDuration } from '../../src/shared/launch/runDuration';
import type { PlanPrice } from '../../src/shared/launch/planPrice';
import { l10n } from '../common/l10n';
import { pushButton } from '../common/pushButton';
import { termHint } from '../common/termHint';
import { bytesText, countText, durationText, layersText, percentText, secondsText } from './texts';

export interface Plan {
  readonly marked: readonly number[];
  /** Of the model. */
  readonly layers: number;
  readonly price: PlanPrice;
  /** Of the run as the form has it. */
  readonly duration: RunDuration | undefined;
  /** Of the same run on the GPUs of a file; undefined where none is named, or nothing is marked. */
  readonly cluster: ClusterPrice | undefined;
  /** Why nothing can be started; undefined where it can. */
  readonly blocked: string | undefined;
  expand(): void;
  /** The model with its copies. */
  readonly picture: TemplateResult;
}

/** What the marked layers cost, at once after every click. */
export function planView(plan: Plan): TemplateResult {
  const { marked, price, blocked } = plan;
  return html`<section class="plan" aria-labelledby="plan-heading">
    <h2><span id="plan-heading">${l10n.t('Plan')}</span>${termHint('expansion')}</h2>
    <p role="status" aria-live="polite" class="summary">${summary(plan)}</p>
    <div class="plan-figures">
      ${plan.picture}
      ${price.known ? details(price.estimate, plan.duration) : html`<p class="muted">${l10n.t('No cost estimate: {0}', price.problem)}</p>`}
    </div>
    ${onCluster(plan.cluster)}
    <p class="actions">
      ${pushButton({
        text: l10n.t('Expand without tuning…'),
        disabled: marked.length === 0 || blocked !== undefined,
        title: blocked,
        act: () => {
          plan.expand();
        },
      })}
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

function details(
  estimate: Extract<PlanPrice, { known: true }>['estimate'],
  duration: RunDuration | undefined,
): TemplateResult {
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
    ...(duration === undefined ? [] : [[l10n.t('Whole run'), wholeText(duration)] as const]),
    [l10n.t('Inference'), l10n.t('{0} times as slow', inferenceFactor.toFixed(2))],
  ];
  return list(rows);
}

/** With what happens between the steps. */
function wholeText({ seconds, evaluations, refreshes, answers }: RunDuration): string {
  const about = durationText(seconds);
  const whole =
    evaluations === null
      ? l10n.t('about {0}, without evaluations', about)
      : l10n.t(
          'about {0}, of which {1} evaluations and {2} refreshes',
          about,
          durationText(evaluations),
          durationText(refreshes),
        );
  return answers ? l10n.t('{0}; answers to prompts come on top', whole) : whole;
}

/** The plan for GPUs. */
function onCluster(price: ClusterPrice | undefined): TemplateResult | typeof nothing {
  if (price === undefined) {
    return nothing;
  }
  if (!price.known) {
    return html`<p class="muted">${l10n.t('No plan for GPUs: {0}', price.problem)}</p>`;
  }
  const { plan, tokens } = price;
  const heading = l10n.t('On {0} × {1}', plan.gpus, plan.gpu.name);
  if (plan.microBatch === 0) {
    return html`<h3>${heading}</h3>
      <p>${l10n.t('Not even one sequence fits: {0} a GPU.', bytesText(plan.memory.total))}</p>`;
  }
  const rows: readonly (readonly [string, string])[] = [
    [l10n.t('Layers'), spreadText(plan.sharding)],
    [
      l10n.t('Memory of a GPU'),
      l10n.t('{0} of {1}', bytesText(plan.memory.total), bytesText(plan.gpu.memoryBytes)),
    ],
    [l10n.t('Sequences a GPU'), String(plan.microBatch)],
    [l10n.t('All steps, {0} tokens', countText(tokens)), durationText(plan.hours * 3600)],
    ...(plan.cost === undefined ? [] : [[l10n.t('Cost'), countText(plan.cost)] as const]),
  ];
  return html`<h3>${heading}</h3>
    ${list(rows)}`;
}

function spreadText(sharding: 'none' | 'trained' | 'all'): string {
  return sharding === 'none'
    ? l10n.t('on one GPU')
    : sharding === 'trained'
      ? l10n.t('copies sharded')
      : l10n.t('all sharded');
}

function list(rows: readonly (readonly [string, string])[]): TemplateResult {
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
