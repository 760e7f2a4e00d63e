import * as v from 'valibot';
import type { ImportanceFile } from '../method/importance';
import { unitRates } from '../method/learningRates';
import type { UnitRate } from '../method/unitRate';
import { TUNE_SETTINGS, type TuneSettings } from '../settings/tuneSettings';
import { settingsSchema } from '../settings/settingTable';
import type { FormReading } from './launchForm';

/** The rate that a copy's unit starts with, and the layer that it is a copy of. */
export interface PreviewedRate extends UnitRate {
  readonly source: number;
}

export type RatePreview =
  | { readonly known: true; readonly rates: readonly PreviewedRate[]; readonly baseLearningRate: number }
  /** Why it cannot be said before the run measures it. */
  | { readonly known: false; readonly why: 'no layers' | 'settings' | 'measured again' };

const schema = settingsSchema(TUNE_SETTINGS);

/** The learning rates that the form comes to; see {@link firstRates}. */
export function ratePreview(
  importance: ImportanceFile,
  layers: readonly number[],
  { settings }: Pick<FormReading, 'settings'>,
): RatePreview {
  if (layers.length === 0) {
    return { known: false, why: 'no layers' };
  }
  const read = v.safeParse(schema, settings);
  return read.success ? firstRates(importance, layers, read.output) : { known: false, why: 'settings' };
}

/**
 * The learning rates that a run begins with: those of the copies' sources, by the importance that stage 1 measured. What
 * the trainer computes from the same file, before its schedule.
 * @param layers of the base model that are copied
 */
export function firstRates(
  importance: ImportanceFile,
  layers: readonly number[],
  tune: TuneSettings,
): RatePreview {
  const sources = [...new Set(layers)].sort((a, b) => a - b);
  if (tune.unitRates !== 'equal' && tune.unitDefinition !== importance.unitDefinition) {
    return { known: false, why: 'measured again' };
  }
  const sourceOf = new Map(sources.map((source, below) => [source + below + 1, source]));
  const units = [...sourceOf].flatMap(([layer, source]) =>
    importance.units.filter((unit) => unit.layer === source).map((unit) => ({ ...unit, layer })),
  );
  return {
    known: true,
    baseLearningRate: tune.learningRate,
    rates: unitRates(units, tune.learningRate, tune).map((rate) => ({
      ...rate,
      source: sourceOf.get(rate.layer) ?? rate.layer,
    })),
  };
}
