import { parametersPerLayer } from '../model/architecture';
import { FAMILIES } from '../model/families';
import type { ModelConfig } from '../model/config';
import type { PricedEngine } from './plan';

/** So many arrays of each size that one layer makes of a batch of B×T; n = B·T. */
export interface Counts {
  /** [n, D] */
  readonly hidden: number;
  /** [n, H·headDim] */
  readonly queries: number;
  /** [n, K·headDim] */
  readonly keys: number;
  /** [n, F] */
  readonly mlp: number;
  /** [B·H, T, T], or of a query block's rows. */
  readonly scores: number;
}

/** A point of a layer's backward pass that could be its peak: what lives there beside what the forward pass saved. */
export interface Moment extends Counts {
  /** Whose weights' gradients are there already, where the layer is trained. */
  readonly gradients: 'none' | 'mlp' | 'layer';
}

/**
 * What one layer's pass makes: counted in the code of src/trainer/tfjs/model/block.ts, attention.ts and primitives.ts, where
 * operations are fused (src/trainer/tfjs/kernels) and where they are composed of the library's.
 */
export interface LayerCounts {
  /** Kept from the forward pass for the backward pass: `BlockSaved`. */
  readonly saved: Counts;
  /** A frozen layer's backward pass. */
  readonly backward: readonly Moment[];
  /** That of a layer whose weights are trained. */
  readonly trainedBackward: readonly Moment[];
  /** The outputs of elementwise operations, not of matrix products; alive or not. */
  readonly elementwise: { readonly forward: Counts; readonly backward: Counts; readonly weights: Counts };
}

const NOTHING: Counts = { hidden: 0, queries: 0, keys: 0, mlp: 0, scores: 0 };

function counts(some: Partial<Counts>): Counts {
  return { ...NOTHING, ...some };
}

function heads(count: number): Counts {
  return counts({ queries: count, keys: count });
}

function sum(a: Counts, b: Counts): Counts {
  return {
    hidden: a.hidden + b.hidden,
    queries: a.queries + b.queries,
    keys: a.keys + b.keys,
    mlp: a.mlp + b.mlp,
    scores: a.scores + b.scores,
  };
}

/** A step of the backward pass: its arrays, those that a trained layer adds, and those of head norms. */
interface Phase {
  readonly arrays: Counts;
  readonly trained?: Counts;
  readonly headNorms?: Counts;
  readonly gradients: Moment['gradients'];
  /** Passed by trained layers only. */
  readonly onlyTrained?: boolean;
}

interface Table {
  readonly saved: Counts;
  readonly phases: readonly Phase[];
  readonly elementwise: LayerCounts['elementwise'];
  /** What the head norms add to the above. */
  readonly headNorms: { readonly saved: Counts } & LayerCounts['elementwise'];
}

const FUSED: Table = {
  saved: counts({ hidden: 2, queries: 2, keys: 2, mlp: 2 }),
  phases: [
    { arrays: counts({ mlp: 3 }), trained: counts({ mlp: 1 }), gradients: 'none' },
    { arrays: counts({ hidden: 3, mlp: 2 }), trained: counts({ mlp: 1 }), gradients: 'none' },
    { arrays: counts({ hidden: 2, mlp: 3 }), gradients: 'mlp', onlyTrained: true },
    { arrays: counts({ hidden: 1, queries: 2, keys: 2 }), gradients: 'mlp' },
    { arrays: counts({ hidden: 5, queries: 1, keys: 2 }), headNorms: heads(1), gradients: 'mlp' },
    {
      arrays: counts({ hidden: 3, queries: 1, keys: 2 }),
      headNorms: heads(1),
      gradients: 'layer',
      onlyTrained: true,
    },
  ],
  elementwise: {
    forward: counts({ hidden: 4, queries: 1, mlp: 1, scores: 1 }),
    backward: counts({ hidden: 4, queries: 2, keys: 2, mlp: 2, scores: 2 }),
    weights: counts({ hidden: 2, mlp: 1 }),
  },
  headNorms: { saved: heads(1), forward: heads(1), backward: heads(1), weights: NOTHING },
};

const COMPOSED: Table = {
  saved: counts({ hidden: 2, queries: 2, keys: 2, mlp: 2, scores: 1 }),
  phases: [
    { arrays: counts({ mlp: 9 }), trained: counts({ mlp: 1 }), gradients: 'none' },
    { arrays: counts({ hidden: 11, mlp: 2 }), trained: counts({ hidden: 1, mlp: 1 }), gradients: 'none' },
    { arrays: counts({ hidden: 4, mlp: 3 }), gradients: 'mlp', onlyTrained: true },
    { arrays: counts({ hidden: 1, queries: 3, keys: 2, scores: 4 }), gradients: 'mlp' },
    { arrays: counts({ hidden: 1, queries: 9, keys: 9 }), gradients: 'mlp' },
    {
      arrays: counts({ hidden: 14, queries: 1, keys: 2 }),
      trained: counts({ hidden: 1 }),
      headNorms: heads(7),
      gradients: 'mlp',
    },
    {
      arrays: counts({ hidden: 5, queries: 1, keys: 2 }),
      headNorms: heads(7),
      gradients: 'layer',
      onlyTrained: true,
    },
  ],
  elementwise: {
    forward: counts({ hidden: 8, queries: 7, keys: 7, mlp: 3, scores: 2 }),
    backward: counts({ hidden: 19, queries: 7, keys: 7, mlp: 8, scores: 3 }),
    weights: counts({ hidden: 8, mlp: 3 }),
  },
  headNorms: { saved: heads(1), forward: heads(3), backward: heads(7), weights: heads(1) },
};

/** What norms after the sublayers add: their inputs are kept, and every moment has the gradient of one. */
const OUTPUT_NORMS: { readonly saved: Counts; readonly moment: Counts } & LayerCounts['elementwise'] = {
  saved: counts({ hidden: 2 }),
  moment: counts({ hidden: 1 }),
  forward: counts({ hidden: 4 }),
  backward: counts({ hidden: 14 }),
  weights: counts({ hidden: 2 }),
};

/** What gelu takes beyond silu, and a cap beyond none, at every moment and in all. */
const GELU = { moment: counts({ mlp: 7 }), forward: counts({ mlp: 9 }), backward: counts({ mlp: 9 }) };
const CAP = {
  moment: counts({ scores: 3 }),
  forward: counts({ scores: 3 }),
  backward: counts({ scores: 6 }),
};

/** Whether attention is composed of the engine's small operations: everywhere but on the native engine, whose own has no cap. */
export function composesAttention(config: ModelConfig, engine: PricedEngine): boolean {
  return engine !== 'native' || config.attentionCap !== undefined;
}

/** The counts of every layer of this model on this engine. */
export function layerCounts(config: ModelConfig, engine: PricedEngine): LayerCounts {
  const base = baseCounts(config, engine);
  const more = [
    ...(FAMILIES[config.family].norms.mlpOutput === undefined ? [] : [OUTPUT_NORMS]),
    ...(config.activation === 'gelu' ? [{ ...GELU, saved: NOTHING, weights: NOTHING }] : []),
    ...(config.attentionCap === undefined ? [] : [{ ...CAP, saved: NOTHING, weights: NOTHING }]),
  ];
  const all = (from: Counts, part: keyof (typeof more)[number]): Counts =>
    more.reduce((total, own) => sum(total, own[part]), from);
  const moments = (of: readonly Moment[]): Moment[] =>
    of.map((moment) => ({ ...moment, ...all(moment, 'moment') }));
  const { forward, backward, weights } = base.elementwise;
  return {
    saved: all(base.saved, 'saved'),
    backward: moments(base.backward),
    trainedBackward: moments(base.trainedBackward),
    elementwise: {
      forward: all(forward, 'forward'),
      backward: all(backward, 'backward'),
      weights: all(weights, 'weights'),
    },
  };
}

function baseCounts(config: ModelConfig, engine: PricedEngine): LayerCounts {
  const table = composesAttention(config, engine) ? COMPOSED : FUSED;
  const headNorms = FAMILIES[config.family].queryKeyNorms !== 'none';
  const plus = (base: Counts, part: keyof Table['headNorms']): Counts =>
    headNorms ? sum(base, table.headNorms[part]) : base;
  const moments = (trained: boolean): Moment[] =>
    table.phases
      .filter(({ onlyTrained }) => trained || onlyTrained !== true)
      .map(({ arrays, trained: more = NOTHING, headNorms: norms = NOTHING, gradients }) => ({
        ...sum(sum(arrays, trained ? more : NOTHING), headNorms ? norms : NOTHING),
        gradients: trained ? gradients : 'none',
      }));
  const { forward, backward, weights } = table.elementwise;
  return {
    saved: plus(table.saved, 'saved'),
    backward: moments(false),
    trainedBackward: moments(true),
    elementwise: {
      forward: plus(forward, 'forward'),
      backward: plus(backward, 'backward'),
      weights: plus(weights, 'weights'),
    },
  };
}

/** Parameters whose gradients a moment of a layer's backward pass has made. */
export function gradientsAt({ gradients }: Moment, config: ModelConfig): number {
  switch (gradients) {
    case 'none':
      return 0;
    case 'mlp':
      return 3 * config.hiddenSize * config.intermediateSize;
    case 'layer':
      return parametersPerLayer(config);
  }
}

/** How many values the counted arrays hold for `batch` sequences of `length` tokens; of the scores' T rows, `scoreRows`. */
export function valuesOf(
  of: Counts,
  config: ModelConfig,
  {
    batch,
    length,
    scoreRows = length,
  }: { readonly batch: number; readonly length: number; readonly scoreRows?: number },
): number {
  const n = batch * length;
  return (
    n *
      (of.hidden * config.hiddenSize +
        of.queries * config.numAttentionHeads * config.headDim +
        of.keys * config.numKeyValueHeads * config.headDim +
        of.mlp * config.intermediateSize) +
    of.scores * batch * config.numAttentionHeads * scoreRows * length
  );
}
