import type { UnitRate } from '../../shared/method/unitRate';
import type { TuneSettings } from '../../shared/settings/tuneSettings';

/**
 * That a run forgets more than it may, as a sentence without an end; undefined when it does not.
 * @param limit nats by which general loss may exceed `before`
 * @param before general loss before tuning, nats per token; null when it is not known or no finite number
 * @param now general loss of the latest evaluation; null when it is not a finite number
 */
export function forgettingViolation(
  limit: number,
  before: number | null,
  now: number | null,
): string | undefined {
  if (before === null) {
    return `general loss before tuning is unknown, so its increase cannot be compared with ${limit} nats`;
  }
  if (now === null) {
    return `general loss is not a finite number; it was ${before.toFixed(4)} nats before tuning and may rise by ${limit}`;
  }
  const rise = now - before;
  return rise > limit
    ? `general loss is ${now.toFixed(4)} nats, ${rise.toFixed(4)} more than the ${before.toFixed(4)} before tuning, and may rise by ${limit}`
    : undefined;
}

/** What is done against forgetting, as `onGeneralRise` asks for. */
export type ForgettingResponse =
  | { readonly kind: 'stop'; readonly because?: string }
  | { readonly kind: 'lower'; readonly baseLearningRate: number }
  /** `units` are all of them, with those that freeze now. */
  | { readonly kind: 'freeze'; readonly units: UnitRate[]; readonly frozen: readonly UnitRate[] }
  | { readonly kind: 'rollBack'; readonly step: number; readonly baseLearningRate: number };

/** A run at an evaluation that showed too much forgetting. */
export interface ForgettingRun {
  readonly settings: Pick<TuneSettings, 'onGeneralRise' | 'rateCut' | 'freezeShare' | 'learningRate'>;
  readonly baseLearningRate: number;
  readonly units: readonly UnitRate[];
  /** How many parameters a unit of this name has. */
  readonly sizeOf: (name: string) => number;
  /** Steps of checkpoints whose general loss was within the limit. */
  readonly goodCheckpoints: readonly number[];
}

/** A base rate that was cut to less than this share of the first one moves nothing any more. */
const LEAST_RATE = 1e-3;

/** Decides what to do; where the response that was asked for is used up, the run stops. */
export function forgettingResponse(run: ForgettingRun): ForgettingResponse {
  const { settings, goodCheckpoints } = run;
  const baseLearningRate = run.baseLearningRate * settings.rateCut;
  const spent = baseLearningRate < settings.learningRate * LEAST_RATE;
  switch (settings.onGeneralRise) {
    case 'stop':
      return { kind: 'stop' };
    case 'lower':
      return spent
        ? { kind: 'stop', because: `the base learning rate is ${run.baseLearningRate} already` }
        : { kind: 'lower', baseLearningRate };
    case 'freeze':
      return freezeMore(run);
    case 'rollBack': {
      const step = goodCheckpoints.at(-1);
      if (step === undefined) {
        return { kind: 'stop', because: 'there is no checkpoint whose general loss was within the limit' };
      }
      return spent
        ? { kind: 'stop', because: `the base learning rate is ${run.baseLearningRate} already` }
        : { kind: 'rollBack', step, baseLearningRate };
    }
  }
}

/**
 * Of the units that still train, those whose training puts most at risk: importance is a mean over a unit's parameters, so what is at
 * risk is that times how many there are and how fast they change. By importance alone it would be the norms, a hundredth of all
 * that trains.
 */
function freezeMore({ units, sizeOf, settings: { freezeShare: share } }: ForgettingRun): ForgettingResponse {
  const risk = ({ name, importance, learningRate }: UnitRate): number =>
    importance * learningRate * sizeOf(name);
  const training = units.filter(({ frozen }) => frozen !== true);
  const [first] = training;
  if (training.every(({ importance }) => importance === first?.importance)) {
    return { kind: 'stop', because: 'all units have the same importance' };
  }
  const count = Math.max(1, Math.round(units.length * share));
  // Of those left, the last ones are not frozen too: a run that trains nothing should stop instead.
  if (training.length <= count) {
    return {
      kind: 'stop',
      because: `freezing ${count} more would leave none of the ${training.length} trained units`,
    };
  }
  const worst = new Set([...training].sort((a, b) => risk(b) - risk(a)).slice(0, count));
  const frozen: UnitRate[] = [];
  const next = units.map((unit) => {
    if (!worst.has(unit)) {
      return unit;
    }
    const still: UnitRate = { ...unit, frozen: true, learningRate: 0 };
    frozen.push(still);
    return still;
  });
  return { kind: 'freeze', units: next, frozen };
}
