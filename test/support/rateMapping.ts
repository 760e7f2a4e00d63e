import { TUNE_SETTINGS } from '../../src/shared/settings';
import type { RateMapping } from '../../src/trainer/adept/learningRates';

/** The mapping of the defaults: the paper's. */
export const RATE_MAPPING: RateMapping = {
  unitRates: TUNE_SETTINGS.unitRates.default,
  normRange: TUNE_SETTINGS.normRange.default,
  rateFloor: TUNE_SETTINGS.rateFloor.default,
  rateCap: TUNE_SETTINGS.rateCap.default,
  rateSmoothing: TUNE_SETTINGS.rateSmoothing.default,
};
