import type { Localizer } from '../common/localizer';
import type { ImportanceFile } from '../method/importance';
import { layerValues, lowestOf } from '../method/layerChoice';
import { USUAL_RISE } from '../run/strength';
import { TUNE_SETTINGS } from '../settings/tuneSettings';
import type { FormReading, FormSetting } from './launchForm';
import { proposedCount, proposedRate, STUDIED } from './studiedSettings';
import type { TrainingAmount } from './trainingAmount';

/** Something to decide, what is proposed, and why. */
export interface Proposal {
  readonly subject: 'layers' | 'steps' | 'rate' | 'refreshes' | 'evaluations' | 'limit' | 'cheaper';
  /** Ascending; undefined where it is not about layers. */
  readonly layers?: readonly number[];
  readonly settings: Readonly<Partial<Record<FormSetting, string>>>;
  /** One sentence or two. */
  readonly reason: string;
  /** Whether marks and form are so already. */
  readonly isTaken: boolean;
}

export interface ProposalFacts {
  readonly importance: ImportanceFile;
  readonly reading: FormReading;
  readonly marked: readonly number[];
  /** Of the domain text; undefined where it is not known. */
  readonly amount: TrainingAmount | undefined;
  readonly l10n: Localizer;
  /** A whole number as the person's language writes it. */
  readonly countText: (count: number) => string;
}

/** With fewer steps than this in an epoch, text is repeated. */
const FEW_STEPS = 100;
/** Repeating text so often was found to be nearly as good as new text (Muennighoff et al. 2023, arXiv 2305.16264). */
const MOST_EPOCHS = 4;
const EVALUATIONS = 10;
const CHECKPOINTS = 4;

/**
 * What to decide before a run, as docs/study.md, the paper and the size of model and text suggest. What cannot be told without
 * knowing the text is left out.
 */
export function proposals(facts: ProposalFacts): Proposal[] {
  const { amount } = facts;
  const epochs = amount === undefined ? undefined : epochsOf(amount.stepsPerEpoch);
  const steps = typeof facts.reading.settings.steps === 'number' ? facts.reading.settings.steps : undefined;
  const planned = steps ?? (amount && epochs && amount.stepsPerEpoch * epochs);
  const given = [
    layersProposal(facts),
    ...(amount === undefined || epochs === undefined ? [] : [stepsProposal(facts, amount, epochs)]),
    rateProposal(facts),
    ...(planned === undefined ? [] : [refreshProposal(facts, planned), evaluationProposal(facts, planned)]),
    limitProposal(facts),
    ...(isRepeated(amount, planned) ? [cheaperProposal(facts)] : []),
  ];
  return given.map((proposal) => ({ ...proposal, isTaken: isTaken(proposal, facts) }));
}

type Open = Omit<Proposal, 'isTaken'>;

function epochsOf(stepsPerEpoch: number): number {
  return Math.min(MOST_EPOCHS, Math.max(1, Math.ceil(FEW_STEPS / stepsPerEpoch)));
}

function isRepeated(amount: TrainingAmount | undefined, steps: number | undefined): boolean {
  return amount !== undefined && steps !== undefined && steps >= 2 * amount.stepsPerEpoch;
}

function layersProposal({ importance, l10n }: ProposalFacts): Open {
  const count = proposedCount(importance.model.layers);
  const layers = lowest(importance, count, 0);
  return {
    subject: 'layers',
    layers,
    settings: {},
    reason: l10n.t(
      'The least important. As large a part, {0} of {1} layers, had {2}% of the gain of full training in the study, while general loss fell.',
      STUDIED.once.k,
      STUDIED.layers,
      STUDIED.once.gain * 100,
    ),
  };
}

function stepsProposal({ l10n, countText }: ProposalFacts, amount: TrainingAmount, epochs: number): Open {
  const { isCounted, tokens, stepsPerEpoch } = amount;
  const size = isCounted
    ? l10n.t('The domain text has {0} tokens: {1} steps.', countText(tokens), countText(stepsPerEpoch))
    : l10n.t(
        'The domain text has about {0} tokens, by the size of its files: {1} steps.',
        countText(Number(tokens.toPrecision(2))),
        countText(stepsPerEpoch),
      );
  const repeated =
    epochs === 1
      ? l10n.t('One pass is usual.')
      : l10n.t(
          'That is little, so it comes {0} times; more than {1} times hardly helps.',
          epochs,
          MOST_EPOCHS,
        );
  return {
    subject: 'steps',
    settings: { steps: String(stepsPerEpoch * epochs) },
    reason: `${size} ${repeated}`,
  };
}

function rateProposal({ importance, l10n }: ProposalFacts): Open {
  const { parameters } = importance.model;
  const { learningRate, schedule } = STUDIED.once;
  const rate = proposedRate(learningRate, parameters);
  return {
    subject: 'rate',
    settings: { learningRate: String(rate), schedule },
    reason:
      rate === learningRate
        ? l10n.t(
            'The rate and schedule of the study, of a model of about this size. Where twice the rate was tried, it forgot more and gained nothing.',
          )
        : l10n.t(
            'The {0} of the study, at {1} million parameters, scaled to the size of this model. It was not measured on one of this size.',
            learningRate,
            Math.round(STUDIED.parameters / 1e6),
          ),
  };
}

function refreshProposal({ l10n }: ProposalFacts, steps: number): Open {
  const usual = TUNE_SETTINGS.updateEvery.default;
  const interval = Math.max(1, Math.min(usual, Math.ceil(steps * STUDIED.once.refreshShare)));
  return {
    subject: 'refreshes',
    settings: { updateEvery: String(interval) },
    reason:
      interval === usual
        ? l10n.t(
            'The interval of the paper. More refreshes cost time and changed losses by less than 0.001 in the study.',
          )
        : l10n.t(
            'One refresh, halfway. More of them cost time and changed losses by less than 0.001 in the study.',
          ),
  };
}

function evaluationProposal({ l10n }: ProposalFacts, steps: number): Open {
  return {
    subject: 'evaluations',
    settings: {
      evalEvery: String(Math.max(1, Math.round(steps / EVALUATIONS))),
      saveEvery: String(Math.max(1, Math.ceil(steps / CHECKPOINTS))),
    },
    reason: l10n.t(
      '{0} evaluations show where general loss turns; {1} checkpoints let you go back there.',
      EVALUATIONS,
      CHECKPOINTS,
    ),
  };
}

function limitProposal({ l10n }: ProposalFacts): Open {
  return {
    subject: 'limit',
    settings: { maxGeneralRise: String(USUAL_RISE) },
    reason: l10n.t(
      'Ends a run that forgets. In the study general loss rose by {0} in full training, and fell with ADEPT.',
      STUDIED.fullRise,
    ),
  };
}

function cheaperProposal({ importance, l10n }: ProposalFacts): Open {
  const { model } = importance;
  const { k, fromShare, learningRate, unitRates, gain, time } = STUDIED.cheap;
  const from = Math.floor(model.layers * fromShare);
  const layers = lowest(importance, Math.min(proposedCount(model.layers, k), model.layers - from), from);
  return {
    subject: 'cheaper',
    layers,
    settings: { learningRate: String(proposedRate(learningRate, model.parameters)), unitRates },
    reason: l10n.t(
      'Where the text repeats, layers near the end save time, since later passes begin there: {0}% of the time for {1}% of the gain in the study.',
      time * 100,
      gain * 100,
    ),
  };
}

function lowest(importance: ImportanceFile, count: number, from: number): number[] {
  const values = layerValues(importance.layers, importance.model.layers, 'importance.json').slice(from);
  return lowestOf(values, count)
    .map((layer) => layer + from)
    .sort((a, b) => a - b);
}

function isTaken({ layers, settings }: Open, { reading, marked }: ProposalFacts): boolean {
  const asForm = (field: FormSetting): string => String(reading.settings[field] ?? '');
  return (
    (layers === undefined || layers.join() === marked.join()) &&
    Object.entries(settings).every(([field, value]) => sameValue(asForm(field as FormSetting), value))
  );
}

function sameValue(one: string, other: string): boolean {
  return one === other || (one !== '' && Number(one) === Number(other));
}
