import { heatScale } from '../../../shared/heatmap/heatScale';
import { definitionOf } from '../../../shared/glossary/glossary';
import { layerText } from '../../../shared/run/layerText';
import { heatTable } from '../heatTable';
import { html } from '../html';
import { countText, LANGUAGE } from '../numbers';
import type { ReportSection } from './section';

/** The learning rates in force at the end. */
export const UNIT_RATES: ReportSection = {
  id: 'unit-rates',
  title: 'Learning rates of the units',
  body: ({ units: { units, columns, measured }, summary }) => {
    const last = columns.at(-1);
    if (last === undefined || units.length === 0) {
      return undefined;
    }
    const names = [...new Set(units.map(({ name }) => name))];
    const layers = [...new Set(units.map(({ layer }) => layer))].sort((a, b) => a - b);
    const rates = new Map(
      units.map(({ layer, name }, index) => [`${layer}.${name}`, last.learningRate[index] ?? undefined]),
    );
    const rows = layers.map((layer) => ({
      name: layerText(layer, summary.copies, LANGUAGE.l10n),
      values: names.map((name) => rates.get(`${layer}.${name}`)),
    }));
    const scale = heatScale(
      'rank',
      [...rates.values()].filter((rate) => rate !== undefined),
    );
    const { text } = definitionOf('unitRate', LANGUAGE.l10n);
    const frozen = last.frozen?.length ?? 0;
    const left = frozen === 0 ? undefined : ` ${countText(frozen)} units train no more, at a rate of 0.`;
    return html`<p>
        ${text} In force from step ${countText(last.step)}, after ${countText(measured)}
        ${measured === 1 ? 'measurement' : 'measurements'} of importance, before the schedule.${left}
      </p>
      ${heatTable('Learning rates of the units', names, rows, (value) => scale.heat(value))}`;
  },
};
