import { html, nothing, svg, type SVGTemplateResult, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import {
  layerWorth,
  lossesAt,
  allowedRise,
  recommendedStrength,
  type RecommendedStrength,
  type StrengthFile,
  type StrengthPoint,
} from '../../src/shared/run/strength';
import { axisTicks } from '../../src/shared/common/axisTicks';
import { layerText } from '../../src/shared/run/layerText';
import type { RunSummary, RunView } from '../../src/shared/webview/run';
import { l10n } from '../common/l10n';
import { pushButton } from '../common/pushButton';
import { formatChange, formatCount, formatLoss, formatPercent } from '../common/format';
import { dataTable, type DataRow } from '../common/dataTable';

export interface StrengthContent {
  readonly strength: StrengthFile | null;
  readonly canMeasure: boolean;
  readonly isMeasuring: boolean;
  readonly alpha: number;
  readonly drop: readonly number[];
  readonly keep: (change: Partial<RunView>) => void;
  readonly measure: () => void;
  readonly exportAt: (step: number) => void;
  readonly tryAt: (step: number) => void;
}

/** A step of the slider. */
const STEP = 0.05;

/** Whether losses over α can be measured now: there is a checkpoint, and no trainer that needs the machine. */
export function canMeasure({ enabled, state }: RunSummary): boolean {
  return enabled.includes('export') && state !== 'running' && state !== 'paused';
}

/** What the added layers are worth: both losses at every strength, and each layer by leaving it out. */
export function strengthView(content: StrengthContent): TemplateResult {
  const { strength, measure, isMeasuring } = content;
  const enabled = content.canMeasure && !isMeasuring;
  return html`<div class="strength">
    <p class="muted">
      ${l10n.t('The contribution of the added layers is scaled by α, from 0 (the original model) to 1.')}
    </p>
    ${strength === null ? nothing : measured(strength, content)}
    <p class="actions">
      ${pushButton({
        text: strength === null ? l10n.t('Measure') : l10n.t('Measure the last checkpoint'),
        ...(isMeasuring ? { icon: 'loading codicon-modifier-spin' } : {}),
        busy: isMeasuring,
        disabled: !enabled,
        act: measure,
      })}
      ${enabled ? nothing : html`<span class="muted">${whyNot(isMeasuring)}</span>`}
    </p>
  </div>`;
}

function whyNot(isMeasuring: boolean): string {
  return isMeasuring
    ? l10n.t('Being measured; the notification says how far it is.')
    : l10n.t('Possible when the run has a checkpoint and no trainer is active.');
}

function measured(strength: StrengthFile, content: StrengthContent): TemplateResult {
  const [original] = strength.points;
  const now = lossesAt(strength, content.alpha);
  if (original === undefined || now === undefined) {
    return html``;
  }
  return html`<div class="strength-plot">
      ${curve(strength, original, content.alpha)}
      <label class="strength-slider">
        <span>α</span>
        <input
          type="range"
          min="0"
          max="1"
          step=${STEP}
          .value=${live(String(content.alpha))}
          aria-valuetext=${reading(strength, original, now)}
          @input=${(event: InputEvent) => {
            content.keep({ alpha: Number((event.currentTarget as HTMLInputElement).value) });
          }}
        />
      </label>
    </div>
    <p class="numeric reading" aria-hidden="true">${reading(strength, original, now)}</p>
    ${content.drop.length === 0 ? nothing : html`<p class="muted">${l10n.t('These are the losses with all added layers.')}</p>`}
    ${recommendation(strength, content)} ${layers(strength, content)}
    <p class="actions">
      ${pushButton({
        text: exportText(strength, content),
        primary: true,
        act: () => {
          content.exportAt(strength.step);
        },
      })}
      ${pushButton({
        text: l10n.t('Try in Playground'),
        icon: 'comment-discussion',
        act: () => {
          content.tryAt(strength.step);
        },
      })}
    </p>`;
}

/** The strength that gains most at little cost, and what can go. */
function recommendation(strength: StrengthFile, { keep }: StrengthContent): TemplateResult {
  const limit = allowedRise(strength);
  const best = recommendedStrength(strength, limit);
  const pruned = strength.pruned ?? null;
  return html`${
    best === undefined
      ? nothing
      : html`<p>
          ${pushButton({
            text: `α = ${best.alpha.toFixed(2)}`,
            act: () => {
              keep({ alpha: best.alpha });
            },
          })}
          ${reason(strength, best, limit)}
        </p>`
  }
  ${
    pruned === null
      ? nothing
      : html`<p>
          ${l10n.t('Without layers that contributed nothing, domain loss is {0}, general loss {1}:', formatLoss(pruned.domainLoss), formatLoss(pruned.generalLoss))}
          ${pushButton({
            text: l10n.t('Leave out {0}', pruned.layers.join(', ')),
            act: () => {
              keep({ drop: pruned.layers });
            },
          })}
        </p>`
  }`;
}

/** Why a strength is recommended, from the curve. */
function reason(
  { points: [original] }: StrengthFile,
  { alpha, kept, largest, generalLoss }: RecommendedStrength,
  limit: number,
): string {
  if (kept === null) {
    return l10n.t(
      'is recommended: no other strength lowers domain loss with general loss up by at most {0} nats.',
      limit,
    );
  }
  if (alpha === largest.alpha) {
    return l10n.t('is recommended: most domain gain with general loss up by at most {0} nats.', limit);
  }
  const change = (loss: number): string => formatChange(loss - (original?.generalLoss ?? NaN));
  return l10n.t(
    'is recommended: it keeps {0} of the domain gain of α = {1}, with general loss {2} instead of {3}.',
    formatPercent(kept),
    largest.alpha.toFixed(2),
    change(generalLoss),
    change(largest.generalLoss),
  );
}

function reading(strength: StrengthFile, original: StrengthPoint, now: StrengthPoint): string {
  const { alpha, domainLoss, generalLoss } = now;
  const isMeasured = strength.points.some((point) => point.alpha === alpha);
  const numbers = [
    alpha.toFixed(2),
    formatLoss(domainLoss),
    formatChange(domainLoss - original.domainLoss),
    formatLoss(generalLoss),
    formatChange(generalLoss - original.generalLoss),
  ];
  return isMeasured
    ? l10n.t('α = {0}: domain loss {1} ({2}), general loss {3} ({4})', ...numbers)
    : l10n.t(
        'α = {0}, between measured ones: domain loss about {1} ({2}), general loss about {3} ({4})',
        ...numbers,
      );
}

function exportText({ step }: StrengthFile, { alpha, drop }: StrengthContent): string {
  const [count, strength] = [formatCount(step), alpha.toFixed(2)];
  if (drop.length === 0) {
    return l10n.t('Export step {0} at α = {1}…', count, strength);
  }
  const layers = drop.toSorted((a, b) => a - b).join(', ');
  return drop.length === 1
    ? l10n.t('Export step {0} at α = {1} without layer {2}…', count, strength, layers)
    : l10n.t('Export step {0} at α = {1} without layers {2}…', count, strength, layers);
}

function layers(strength: StrengthFile, { drop, keep }: StrengthContent): TemplateResult {
  const rows = strength.without.map((entry): DataRow => {
    const { layer, source } = entry;
    const worth = layerWorth(strength, entry);
    const name = layerText(layer, [{ layer, source }], l10n);
    const choice = html`<input
      type="checkbox"
      aria-label=${l10n.t('Leave out layer {0}', name)}
      .checked=${live(drop.includes(layer))}
      @change=${() => {
        keep({ drop: drop.includes(layer) ? drop.filter((other) => other !== layer) : [...drop, layer] });
      }}
    />`;
    return { name, cells: [formatLoss(worth.domain), formatLoss(worth.general), choice] };
  });
  const caption = l10n.t(
    'Reduction of the losses by each added layer, nats; layers without a reduction can be left out',
  );
  const headings = [
    l10n.t('added layer'),
    l10n.t('domain loss'),
    l10n.t('general loss'),
    l10n.t('leave out'),
  ];
  return dataTable({ caption, headings, rows });
}

const WIDTH = 460;
const HEIGHT = 200;
const LEFT = 56;
const EDGE = 20;
const BELOW = 20;
/** Where a curve's name stands beside its end, on the side that the curve does not come from. */
const NAME_ABOVE = -7;
const NAME_BELOW = 14;

/** Change of both losses over α, with a line at the α that is set. */
function curve({ points }: StrengthFile, original: StrengthPoint, alpha: number): TemplateResult {
  const changes = points.map((point) => ({
    alpha: point.alpha,
    domain: point.domainLoss - original.domainLoss,
    general: point.generalLoss - original.generalLoss,
  }));
  const values = changes.flatMap(({ domain, general }) => [domain, general]);
  const [low, high] = [Math.min(0, ...values), Math.max(0, ...values)];
  const ticks = axisTicks({ low, high });
  const x = (value: number): number => LEFT + value * (WIDTH - LEFT - EDGE);
  const y = (value: number): number =>
    HEIGHT - BELOW - ((value - low) / (high - low || 1)) * (HEIGHT - EDGE - BELOW);
  const path = (of: 'domain' | 'general'): string =>
    changes.map((change) => `${x(change.alpha).toFixed(1)},${y(change[of]).toFixed(1)}`).join(' ');
  const series = (of: 'domain' | 'general', name: string): SVGTemplateResult => {
    const [before, last] = [changes.at(-2)?.[of] ?? 0, changes.at(-1)?.[of] ?? 0];
    return svg`<polyline class=${of} points=${path(of)}></polyline>
      ${changes.map((change) => svg`<circle class=${of} cx=${x(change.alpha)} cy=${y(change[of])} r="3"></circle>`)}
      <text class=${of} x=${WIDTH - EDGE - 4} y=${y(last) + (last < before ? NAME_BELOW : NAME_ABOVE)} text-anchor="end">${name}</text>`;
  };
  return html`<svg
    class="strength-curve"
    viewBox="0 0 ${WIDTH} ${HEIGHT}"
    role="img"
    aria-label=${l10n.t('Change of domain and general loss over α; the slider below gives the values')}
  >
    ${ticks.map(
      ({ value }) =>
        svg`<line class="grid" x1=${LEFT} x2=${WIDTH - EDGE} y1=${y(value)} y2=${y(value)}></line>`,
    )}
    <line class="marker" x1=${x(alpha)} x2=${x(alpha)} y1=${EDGE} y2=${HEIGHT - EDGE}></line>
    ${ticks.map(
      ({ value, text }) =>
        svg`<text class="tick" x=${LEFT - 6} y=${y(value) + 4} text-anchor="end">${value > 0 ? `+${text}` : text}</text>`,
    )}
    ${series('domain', l10n.t('domain loss'))} ${series('general', l10n.t('general loss'))}
  </svg>`;
}
