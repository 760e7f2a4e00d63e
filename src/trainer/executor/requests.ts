import type { UnitDefinition } from '../../shared/method/importance';
import type { UnitGroups } from '../../shared/model/unitGroups';
import type { FrozenWeights } from '../../shared/settings/sharedSettings';
import type { Batch } from '../data/sequences/batch';

export interface OpenRequest {
  /** A Hugging Face folder. */
  readonly folder: string;
  /** What steps will change: that keeps float32 masters. Gradients are there for every layer in any case. */
  readonly trains: 'none' | 'all' | readonly number[];
  /** How the matrices of layers that do not train are kept. */
  readonly frozenWeights: FrozenWeights;
  /** Positions of a batch, B·T: what a measurement of that storage is made with. */
  readonly rows: number;
  /** Whether these are a token of as many prompts, which are continued. */
  readonly generates?: boolean | undefined;
  /** Where the hidden states that enter the lowest trained layer are kept; nowhere when left out. */
  readonly cache?: CacheRequest | undefined;
}

export interface CacheRequest {
  /** What is kept there is gone when the process is, however it ends. */
  readonly folder: string;
  /** The last gigabyte of the disk is never taken. */
  readonly megabytes: number;
  /** Told when states that were to be kept cannot be. */
  readonly onProblem: (message: string) => void;
}

/** Whether hidden states that are kept may stand for what lies below the lowest trained layer. Same numbers either way. */
export interface Reuse {
  readonly reuse: boolean;
}

/** What the masked passes of a batch may take. */
export interface MemoryLimit {
  /** So many bytes of hidden states stay in memory; the others lie in a file. */
  readonly bytes: number;
  /** Where that file is made. */
  readonly folder: string;
}

export interface UnitRequest {
  /** Any layers, whether they train or not. */
  readonly layers: readonly number[];
  readonly definition: UnitDefinition;
  /** Rows or columns of a unit's weight that are also added up by themselves. */
  readonly groups: readonly UnitGroup[];
}

export interface UnitGroup extends Pick<UnitGroups, 'along' | 'bounds'> {
  readonly unit: string;
}

/** Tokens that are read on in one of the rows that are kept. */
export interface RowReading {
  /** Of those kept so far, from 0. */
  readonly row: number;
  /** At least one. More than one only where the model reads ahead. */
  readonly tokens: readonly number[];
  /** How many of the tokens that were read last are forgotten before: 0 where the model does not read ahead. */
  readonly forget: number;
}

/** What is wanted of the tokens that come next: the likeliest of each row, or all logits as well. */
export type NextWanted = 'top' | 'logits';

/** One optimiser step: AdamW over the gradient of the mean loss of all predicted positions of all batches. */
export interface StepRequest extends Reuse {
  readonly batches: readonly Batch[];
  /** Of the optimiser, from 1. */
  readonly step: number;
  /** The learning rate of every trained tensor, in their order, times the schedule's factor. */
  readonly rates: Float64Array;
  /** Names of trained tensors that are left out of the norm. They are updated all the same: their rate is 0, their moments move. */
  readonly frozen: readonly string[];
  /** The largest norm of the gradient, to which a larger one is scaled down; 0: none. */
  readonly clipAt: number;
  /** Of tensors that decay. */
  readonly weightDecay: number;
  readonly betas: readonly [number, number];
  readonly epsilon: number;
}
