import * as v from 'valibot';
import type { RateMapping } from '../../src/shared/method/learningRates';
import { TUNE_SETTINGS, type TuneSettings } from '../../src/shared/settings/tuneSettings';
import { ANALYZE_SETTINGS, type AnalyzeSettings } from '../../src/shared/settings/analyzeSettings';
import { settingsSchema } from '../../src/shared/settings/settingTable';

/** Settings with every default that is not given. */
export function tuneSettings(given: Partial<TuneSettings> = {}): TuneSettings {
  return v.parse(settingsSchema(TUNE_SETTINGS), { steps: 100, learningRate: 0.001, ...given });
}

export function analyzeSettings(given: Partial<AnalyzeSettings> = {}): AnalyzeSettings {
  return v.parse(settingsSchema(ANALYZE_SETTINGS), given);
}

/** The mapping of the defaults: the paper's. */
export const RATE_MAPPING: RateMapping = tuneSettings();
