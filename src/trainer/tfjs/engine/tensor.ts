/** What an engine computes with; only an engine looks inside. */
export type { Tensor } from '@tensorflow/tfjs-core';
