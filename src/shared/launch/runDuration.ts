import * as v from 'valibot';
import { estimate, secondsBetweenSteps } from '../estimate/estimate';
import type { ImportanceFile } from '../method/importance';
import { settingsSchema } from '../settings/settingTable';
import { TUNE_SETTINGS } from '../settings/tuneSettings';
import { EVALUATED_TRAINING_SEQUENCES, evaluationInterval } from '../settings/tuneTogether';
import type { FormFiles, FormReading } from './launchForm';
import { formPlan, type PricedModel } from './planPrice';

/** Seconds that a run takes, and of these what it does between its steps; null where it is not known how much text that is. */
export interface RunDuration {
  readonly seconds: number;
  readonly evaluations: number | null;
  readonly refreshes: number;
  /** Whether it answers prompts as well, which comes on top: what a token takes is known once the model has answered. */
  readonly answers: boolean;
}

export interface DurationFacts {
  readonly reading: FormReading;
  readonly model: PricedModel;
  readonly importance: ImportanceFile;
  readonly marked: readonly number[];
  /** What is known of the texts that the form names. */
  readonly known: ReadonlyMap<FormFiles, { readonly tokens: number | null }>;
}

/** How long a run takes as the form has it; undefined where no speed is known, or no number of steps is given. */
export function runDuration({ marked, ...facts }: DurationFacts): RunDuration | undefined {
  return runDurations(facts)(marked);
}

/** As {@link runDuration}, of many choices of layers. */
export function runDurations(
  facts: Omit<DurationFacts, 'marked'>,
): (marked: readonly number[]) => RunDuration | undefined {
  const { model, reading } = facts;
  const { settings, problems } = reading;
  if (!model.known || settings.steps === undefined || problems.has('steps')) {
    return () => undefined;
  }
  const tune = v.parse(settingsSchema(TUNE_SETTINGS), { learningRate: 0, ...settings });
  const { steps, updateEvery, unitRates, seqLen } = tune;
  const { importance, known } = facts;
  const planned = formPlan(model, importance, settings);
  const evaluated = evaluatedSequences(reading, known, seqLen, importance.probe.sequences);
  return (marked) => {
    const plan = { ...planned, expanded: marked };
    const perStep = marked.length === 0 ? undefined : estimate(plan).secondsPerStep;
    const between = secondsBetweenSteps(plan, {
      // Before the first step, and after the last.
      evaluations: 1 + Math.ceil(steps / evaluationInterval(tune)),
      evaluatedSequences: evaluated ?? 0,
      refreshes: unitRates === 'equal' ? 0 : Math.floor(steps / updateEvery),
      probeSequences: importance.probe.sequences,
    });
    if (perStep === undefined || between === undefined) {
      return undefined;
    }
    const { evaluations, refreshes } = between;
    return {
      seconds: steps * perStep + evaluations + refreshes,
      evaluations: evaluated === undefined ? null : evaluations,
      refreshes,
      answers: reading.answers,
    };
  };
}

/** Sequences of both evaluation texts; where one is not named, of what stands in for it. */
function evaluatedSequences(
  { files, settings }: FormReading,
  known: DurationFacts['known'],
  seqLen: number,
  probeSequences: number,
): number | undefined {
  const most = Number(settings.maxEvalSequences ?? Infinity);
  const sequencesOf = (field: FormFiles): number | undefined => {
    const tokens = known.get(field)?.tokens ?? undefined;
    const all = tokens === undefined ? undefined : Math.floor(tokens / seqLen);
    return all === undefined ? (Number.isFinite(most) ? most : undefined) : Math.min(all, most);
  };
  const domain =
    files.evalDomain.length > 0 ? sequencesOf('evalDomain') : Math.min(EVALUATED_TRAINING_SEQUENCES, most);
  const general = files.evalGeneral.length > 0 ? sequencesOf('evalGeneral') : Math.min(probeSequences, most);
  return domain === undefined || general === undefined ? undefined : domain + general;
}
