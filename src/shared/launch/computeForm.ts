import type { Localizer } from '../common/localizer';
import * as v from 'valibot';
import { numberOfText } from '../common/numberText';
import { EngineChoice, Ranks, TorchDtype } from '../config/runConfig';
import type { EngineState } from '../engines/engineState';

/** What computes the run, as the launch form asks for it. */
export const FORM_COMPUTE = ['engine', 'ranks', 'dtype'] as const;
export type FormCompute = (typeof FORM_COMPUTE)[number];

export function isCompute(field: string): field is FormCompute {
  return (FORM_COMPUTE as readonly string[]).includes(field);
}

export function defaultCompute(): Record<FormCompute, string> {
  return { engine: 'auto', ranks: '1', dtype: 'auto' };
}

/** What computes a run; what only torch has is left out at its default. */
export interface Compute {
  readonly engine: EngineChoice;
  readonly ranks?: number;
  readonly dtype?: TorchDtype;
}

export interface ComputeReading {
  readonly compute: Compute;
  readonly problems: readonly (readonly [FormCompute, string])[];
}

/** What the form's texts mean; what cannot be used is a problem instead. */
export function readCompute(texts: Readonly<Record<FormCompute, string>>, l10n: Localizer): ComputeReading {
  const engine = v.safeParse(EngineChoice, texts.engine);
  if (!engine.success) {
    const problem = l10n.t('Give one of {0}.', EngineChoice.options.join(', '));
    return { compute: { engine: 'auto' }, problems: [['engine', problem]] };
  }
  const problems: [FormCompute, string][] = [];
  if (!mayBeTorch(engine.output)) {
    return { compute: { engine: engine.output }, problems };
  }
  const ranks = v.safeParse(Ranks, texts.ranks.trim() === '' ? 1 : numberOfText(texts.ranks.trim()));
  if (!ranks.success) {
    problems.push(['ranks', l10n.t('Give a whole number of at least 1.')]);
  }
  const dtype = v.safeParse(TorchDtype, texts.dtype);
  if (!dtype.success) {
    problems.push(['dtype', l10n.t('Give one of {0}.', TorchDtype.options.join(', '))]);
  }
  const compute = {
    engine: engine.output,
    ...(ranks.success && ranks.output > 1 ? { ranks: ranks.output } : {}),
    ...(dtype.success && dtype.output !== 'auto' ? { dtype: dtype.output } : {}),
  };
  return { compute, problems };
}

/** What a run is told on this machine: nothing that only torch has, where that is not what `auto` is. */
export function computeHere(compute: Compute, state: EngineState): Compute {
  return isTorchHere(compute.engine, state) ? compute : { engine: compute.engine };
}

/** Whether torch computes on this machine with this choice. */
export function isTorchHere(engine: EngineChoice, state: EngineState): boolean {
  return engine === 'torch' || (engine === 'auto' && state.auto === 'torch');
}

function mayBeTorch(engine: EngineChoice): boolean {
  return engine === 'torch' || engine === 'auto';
}
