import { formatChange, formatLoss } from '../../../shared/common/metricText';
import { layerText } from '../../../shared/run/layerText';
import {
  allowedRise,
  layerWorth,
  recommendedStrength,
  type StrengthFile,
} from '../../../shared/run/strength';
import { definitionOf } from '../../../shared/glossary/glossary';
import { html, type Html } from '../html';
import { lineChart } from '../lineChart';
import { countText, LANGUAGE } from '../numbers';
import { numbersAfter, table } from '../table';
import type { ReportSection } from './section';

/** Losses over the strength of the added layers, and what each of these is worth. */
export const STRENGTH: ReportSection = {
  id: 'strength',
  title: 'Strength of the added layers (α)',
  body: ({ strength }) => {
    const [original] = strength?.points ?? [];
    if (strength === undefined || original === undefined) {
      return undefined;
    }
    const limit = allowedRise(strength);
    const best = recommendedStrength(strength, limit);
    const { text } = definitionOf('strength', LANGUAGE.l10n);
    const advice =
      best === undefined || best.kept === null
        ? undefined
        : html` Recommended is α = ${best.alpha.toFixed(2)}: domain loss ${formatLoss(best.domainLoss)},
          general loss ${formatLoss(best.generalLoss)}, which may rise by ${limit} nats.`;
    return html`<p>${text} Measured of the checkpoint at step ${countText(strength.step)}.${advice}</p>
      <div class="charts">
        ${curve(strength, original, best === undefined || best.kept === null ? undefined : best.alpha)}
        <div>
          ${table(
            'Losses over α',
            numbersAfter('α', 'domain loss', 'change', 'general loss', 'change'),
            strength.points.map((point) => [
              point.alpha.toFixed(2),
              ...[formatLoss(point.domainLoss), formatChange(point.domainLoss - original.domainLoss)],
              ...[formatLoss(point.generalLoss), formatChange(point.generalLoss - original.generalLoss)],
            ]),
          )}${layers(strength)}
        </div>
      </div>`;
  },
};

type Point = StrengthFile['points'][number];

function curve({ points }: StrengthFile, original: Point, recommended: number | undefined): Html | undefined {
  const x = points.map(({ alpha }) => alpha);
  const changes = (name: 'domainLoss' | 'generalLoss'): number[] =>
    points.map((point) => point[name] - original[name]);
  return lineChart({
    ...{
      title: 'Change of losses over α',
      note: '0: the original model, 1: as tuned',
      units: ['nats per token', 'α'],
    },
    lines: [
      { label: 'domain loss', kind: 'domain', curve: { x, y: changes('domainLoss') }, dots: true },
      { label: 'general loss', kind: 'general', curve: { x, y: changes('generalLoss') }, dots: true },
    ],
    ...{ x: { low: 0, high: 1, whole: false }, baseline: 0, tick: ({ text }) => text, format: formatChange },
    position: (alpha) => String(Number(alpha.toFixed(2))),
    marks: recommended === undefined ? [] : [{ at: recommended, kind: 'choice' }],
  });
}

function layers(strength: StrengthFile): Html | undefined {
  const { without, pruned } = strength;
  if (without.length === 0) {
    return undefined;
  }
  const copies = without.map(({ layer, source }) => ({ layer, source }));
  const rows = without.map((entry) => {
    const worth = layerWorth(strength, entry);
    return [
      layerText(entry.layer, copies, LANGUAGE.l10n),
      formatLoss(worth.domain),
      formatLoss(worth.general),
    ];
  });
  const left =
    pruned === null || pruned === undefined
      ? undefined
      : html`<p class="muted">
          ${pruned.layers.length === 1 ? 'Layer' : 'Layers'} ${pruned.layers.join(', ')} contributed nothing:
          without ${pruned.layers.length === 1 ? 'it' : 'them'} domain loss is
          ${formatLoss(pruned.domainLoss)}, general loss ${formatLoss(pruned.generalLoss)}.
        </p>`;
  return html`${table('What each added layer is worth', numbersAfter('added layer', 'lowers domain loss by', 'general loss by'), rows)}${left}`;
}
