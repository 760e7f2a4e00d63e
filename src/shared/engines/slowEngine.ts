import type { EngineChoice } from '../config/runConfig';
import type { Localizer } from '../common/localizer';
import type { EngineState } from './engineState';

/** Parameters of a model from which on one thread of WebAssembly is no way to work. */
const LARGE = 50e6;

/**
 * How many times as long the embedded engine takes as the native one: medians of both speeds in bench/results/estimator.json,
 * which `npm run bench:estimator` measures.
 */
export const EMBEDDED_SLOWDOWN = 12;

/** That a large model would be computed by the embedded engine; undefined where it is not, or its size is not known. */
export function slowEngineText(
  parameters: number | undefined,
  engine: EngineChoice,
  { auto }: Pick<EngineState, 'auto'>,
  l10n: Localizer,
): string | undefined {
  const computes = engine === 'auto' ? auto : engine;
  return computes === 'wasm' && parameters !== undefined && parameters > LARGE
    ? l10n.t(
        'The embedded engine computes on one thread, about {0} times as slowly as the native one: set up the native engine or PyTorch.',
        EMBEDDED_SLOWDOWN,
      )
    : undefined;
}
