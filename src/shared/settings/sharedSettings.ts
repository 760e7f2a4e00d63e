import { SAMPLINGS } from './sampling';
import type { Setting } from './settingTable';

/** Of every job that keeps matrices as they are. */
export const frozenWeights = {
  kind: 'choice',
  default: 'auto',
  choices: ['auto', 'float32', 'bfloat16'],
  description:
    'how matrices that do not change are kept, of checkpoints in bfloat16; auto: in bfloat16 where a measurement at the start says that it costs no time, or memory is short',
} as const satisfies Setting;
export type FrozenWeights = (typeof frozenWeights.choices)[number];

/** Of every limit on sequences. */
export const sampling = {
  kind: 'choice',
  default: 'first',
  choices: SAMPLINGS,
  description:
    'which sequences are used where not all are: the first, or as many at even distances over the whole of the text',
} as const satisfies Setting;
