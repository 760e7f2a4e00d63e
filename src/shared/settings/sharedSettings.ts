import { SAMPLINGS } from './sampling';
import type { Setting } from './settingTable';

/** Of every job that keeps matrices as they are. */
export const frozenWeights = {
  kind: 'choice',
  default: 'auto',
  choices: ['auto', 'float32', 'bfloat16'],
  description:
    'storage of frozen matrices of a bfloat16 checkpoint; auto: bfloat16 if a measurement at the start shows that it costs no time, or if memory is short',
} as const satisfies Setting;
export type FrozenWeights = (typeof frozenWeights.choices)[number];
/** How they lie in memory. */
export type FrozenDtype = Exclude<FrozenWeights, 'auto'>;

/** Of every limit on sequences. */
export const sampling = {
  kind: 'choice',
  default: 'first',
  choices: SAMPLINGS,
  description: 'which sequences a limit selects: the first, or evenly spaced ones (spread)',
} as const satisfies Setting;
