import type { Localizer } from '../common/localizer';

/** The words that a newcomer to the method has to know, in the order in which one needs the other. */
export const TERMS = [
  'nats',
  'probe',
  'generalLoss',
  'domainLoss',
  'unit',
  'importance',
  'expansion',
  'unitRate',
  'refresh',
  'replay',
  'strength',
] as const;
export type Term = (typeof TERMS)[number];

export interface Definition {
  readonly name: string;
  /** One sentence or two. */
  readonly text: string;
}

/** What a term means, for hints on pages and for the walkthrough. docs/method.md says more. */
export function definitionOf(term: Term, l10n: Localizer): Definition {
  switch (term) {
    case 'nats':
      return {
        name: l10n.t('Nats'),
        text: l10n.t(
          'What loss is counted in. 0.1 nats less makes each right token about a tenth more likely.',
        ),
      };
    case 'probe':
      return {
        name: l10n.t('Probe'),
        text: l10n.t(
          'General text on which the model is measured, before training and during it. It is not trained on.',
        ),
      };
    case 'generalLoss':
      return {
        name: l10n.t('General loss'),
        text: l10n.t(
          'How badly the model predicts general text, in nats per token. When it rises, the model forgets.',
        ),
      };
    case 'domainLoss':
      return {
        name: l10n.t('Domain loss'),
        text: l10n.t(
          'How badly the model predicts text of the domain, in nats per token. Training is to lower it.',
        ),
      };
    case 'unit':
      return {
        name: l10n.t('Unit'),
        text: l10n.t(
          'The weights of a layer that do one thing: a projection of attention or of the MLP, or a norm. Each has an importance and a learning rate of its own.',
        ),
      };
    case 'importance':
      return {
        name: l10n.t('Importance'),
        text: l10n.t(
          'How much general ability depends on a layer or a unit. Of a layer it is the rise of general loss without it.',
        ),
      };
    case 'expansion':
      return {
        name: l10n.t('Expansion'),
        text: l10n.t(
          'Copying layers. A copy follows its source, with outputs at zero, so that the model computes the same until the copy is trained.',
        ),
      };
    case 'unitRate':
      return {
        name: l10n.t('Learning rate of a unit'),
        text: l10n.t('The base rate times 2·(1 − importance), so that important units change little.'),
      };
    case 'refresh':
      return {
        name: l10n.t('Refresh'),
        text: l10n.t(
          'Importance is measured again while the copies are trained, and the learning rates of their units follow.',
        ),
      };
    case 'replay':
      return {
        name: l10n.t('Replay'),
        text: l10n.t('General text that is mixed into training, so that less is forgotten.'),
      };
    case 'strength':
      return {
        name: l10n.t('Strength (α)'),
        text: l10n.t(
          'How much the added layers count after training: 0 is the original model, 1 the trained one. Less forgets less, and gains less.',
        ),
      };
  }
}
