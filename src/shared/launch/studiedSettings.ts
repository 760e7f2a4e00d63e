/**
 * What docs/study.md found on SmolLM2-135M-Instruct, as far as proposals follow it. test/repository/proposals.test.ts compares it
 * with the configurations and the results of the two studies.
 */
export const STUDIED = {
  layers: 30,
  parameters: 134_515_008,
  /** The arm "adept" of study.study.json: every sequence comes once. Two refreshes, at half of the steps and at the end. */
  once: {
    k: 4,
    learningRate: 3e-4,
    schedule: 'cosine',
    refreshShare: 0.5,
    /** Of the domain gain of full training. */
    gain: 0.86,
  },
  /** By how many nats general loss rose in full training. */
  fullRise: 0.047,
  /**
   * The variant "top-rank" of epochs.study.json, where text repeats: only layers from `fromShare` of the depth up, so that
   * later epochs begin there. Beside the variant "least": share of the domain gain and of the time.
   */
  cheap: { k: 3, fromShare: 0.75, learningRate: 5e-4, unitRates: 'rank', gain: 0.85, time: 0.65 },
} as const;

/** Higher rates are unusual for a language model of any size. */
const HIGHEST_RATE = 1e-3;

/** How many layers to copy of a model with so many: 4 of 30 in the study; 4 of 28 and of 36 in the paper. */
export function proposedCount(layers: number, studied: number = STUDIED.once.k): number {
  return Math.min(layers, Math.max(1, Math.round((layers * studied) / STUDIED.layers)));
}

/**
 * A learning rate of the study for a model of another size: GPT-3's rates (Brown et al. 2020, arXiv 2005.14165, table 2.1) fall
 * with the cube root of the parameters. One significant digit.
 */
export function proposedRate(rate: number, parameters: number): number {
  const scaled = rate * Math.cbrt(STUDIED.parameters / parameters);
  return Number(Math.min(scaled, HIGHEST_RATE).toPrecision(1));
}
