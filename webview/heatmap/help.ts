import type { FormFiles, FormSetting, FormTextSetting } from '../../src/shared/launch/launchForm';
import type { Term } from '../../src/shared/glossary/glossary';
import { l10n } from '../common/l10n';

/** The word in a field's label that a newcomer may not know. */
const TERM_OF: Readonly<Partial<Record<FormSetting | FormFiles, Term>>> = {
  learningRate: 'unitRate',
  maxGeneralRise: 'nats',
  updateEvery: 'refresh',
  replay: 'replay',
  evalGeneral: 'generalLoss',
  evalDomain: 'domainLoss',
  probe: 'probe',
};

export function termOf(field: FormSetting | FormFiles): Term | undefined {
  return TERM_OF[field];
}

/** What a setting is for, in the words of the form. */
export function settingHelp(setting: FormSetting): string {
  switch (setting) {
    case 'steps':
      return l10n.t('Optimizer steps.');
    case 'learningRate':
      return l10n.t('The base rate: each unit gets 2·(1 − importance) times it.');
    case 'evalEvery':
      return l10n.t(
        'Steps between evaluations. If empty: at every checkpoint; with a forgetting limit, at least ten times.',
      );
    case 'maxGeneralRise':
      return l10n.t('By how many nats general loss may rise.');
    case 'batchSize':
      return l10n.t('Sequences of a step.');
    case 'seqLen':
      return l10n.t('Tokens of a sequence.');
    case 'updateEvery':
      return l10n.t('Steps between refreshes of importance and learning rates.');
    case 'schedule':
      return l10n.t('How the rate changes after the warm-up.');
    case 'warmup':
      return l10n.t('Steps over which the rate rises to its base.');
    case 'saveEvery':
      return l10n.t('Steps between checkpoints.');
    case 'maxEvalSequences':
      return l10n.t('At most so many sequences of each evaluation text.');
    case 'onGeneralRise':
      return l10n.t('What happens when general loss rises beyond the limit.');
    case 'replayShare':
      return l10n.t('Share of the training sequences that are replayed general text.');
    case 'seed':
      return l10n.t('Seed of the order of the sequences.');
    case 'unitRates':
      return l10n.t('How importance becomes the learning rate of a unit.');
    case 'normRange':
      return l10n.t('Among which units the importance of norms is compared.');
    case 'rateFloor':
      return l10n.t('Lowest rate of a unit, as a multiple of the base rate.');
    case 'rateCap':
      return l10n.t('Highest rate of a unit, as a multiple of the base rate.');
    case 'rateSmoothing':
      return l10n.t('Weight of the old importance at a refresh: 0 takes the new one, 1 keeps the old one.');
  }
}

/** What a choice means; of those that are names in the field, the name. */
export function choiceText(choice: string): string {
  switch (choice) {
    case 'constant':
      return l10n.t('constant');
    case 'cosine':
      return l10n.t('cosine');
    case 'linear':
      return l10n.t('linear');
    case 'stop':
      return l10n.t('stop');
    case 'lower':
      return l10n.t('lower the rate');
    case 'freeze':
      return l10n.t('freeze units');
    case 'rollBack':
      return l10n.t('roll back');
    case 'importance':
      return l10n.t('importance');
    case 'rank':
      return l10n.t('rank of importance');
    case 'released':
      return l10n.t('two groups, as the released code');
    case 'equal':
      return l10n.t('the same for all');
    case 'shared':
      return l10n.t('all units');
    case 'own':
      return l10n.t('norms alone');
    case 'none':
      return l10n.t('none');
    case 'default':
      return l10n.t('general prompts and beginnings of the domain text');
    case 'joined':
      return l10n.t('documents joined');
    case 'separate':
      return l10n.t('documents apart');
    default:
      return choice;
  }
}

export function textSettingHelp(setting: FormTextSetting): string {
  switch (setting) {
    case 'documentStart':
      return l10n.t('What stands before each document: auto, none, or a token.');
    case 'documentEnd':
      return l10n.t('What stands after each document: auto, none, or a token.');
    case 'packing':
      return l10n.t('Whether attention reaches from one document of a sequence into another.');
  }
}

export function filesHelp(field: FormFiles): string {
  switch (field) {
    case 'domain':
      return l10n.t('The added layers are trained on it. One file, folder or glob a line.');
    case 'replay':
      return l10n.t('General text that is mixed into training. One file, folder or glob a line.');
    case 'evalDomain':
      return l10n.t(
        'Domain text that is not trained on; without one, a part of the training text. One file, folder or glob a line.',
      );
    case 'evalGeneral':
      return l10n.t('General text; without one, the probe. One file, folder or glob a line.');
    case 'probe':
      return l10n.t('General text on which importance is measured. One file, folder or glob a line.');
  }
}
