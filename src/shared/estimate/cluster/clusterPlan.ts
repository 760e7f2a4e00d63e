import { parameterCount, parametersPerLayer } from '../../model/architecture';
import { gpuOf, nodesOf, type ClusterFile, type Gpu } from '../../cluster/clusterFile';
import {
  depthOf,
  keptBytes,
  rankMemory,
  shardsOuter,
  TORCH_COSTS,
  weightBytes,
  WIDTH,
  type RankLoad,
  type RankMemory,
  type Sharding,
} from './rankMemory';

/** A run on a cluster: what is to be trained, on how much. */
export interface ClusterRun extends RankLoad {
  /** Training tokens of the whole run. */
  readonly tokens: number;
  /** Sequences of one optimiser step, all ranks together. */
  readonly sequencesPerStep: number;
}

export interface ClusterPlan {
  readonly gpus: number;
  readonly nodes: number;
  readonly gpu: Gpu;
  readonly sharding: Sharding;
  /** Whether activations are computed again in the backward pass. */
  readonly recompute: boolean;
  /** Sequences that a rank has at once; 0 where not even one fits. */
  readonly microBatch: number;
  /** The settings that make it so: sequences of a forward pass over all ranks, and passes of a step. */
  readonly batchSize: number;
  readonly gradAccum: number;
  readonly memory: RankMemory;
  /** What loading takes of the first machine's own memory, bytes: the first rank reads the whole model. */
  readonly hostBytes: number;
  readonly secondsPerStep: { readonly compute: number; readonly communication: number };
  readonly tokensPerSecond: number;
  readonly steps: number;
  readonly hours: number;
  readonly gpuHours: number;
  /** In the currency of the price; undefined without one. */
  readonly cost: number | undefined;
  /** What bounds it: what a faster or larger one would need more of. */
  readonly limit: 'memory' | 'compute' | 'communication' | 'sequences of a step';
}

/** Of the device, that tensors may take: fragments of the allocator take the rest. */
const USABLE = 0.92;
/** Where no more than this share of the slots for sequences is taken, more GPUs do not help. */
const BUSY = 0.75;

/**
 * What a run on these GPUs takes: the layout as python/adept_torch chooses it, the largest micro-batch that fits, arithmetic at
 * the GPU's utilization, and gathering and reducing at the network's bandwidth, nothing of which overlaps (layers are gathered
 * one by one when they are called). The first epoch: nothing is kept from before.
 */
export function planOnCluster(run: ClusterRun, cluster: ClusterFile): ClusterPlan {
  const gpu = gpuOf(cluster);
  const nodes = nodesOf(cluster);
  const gpus = nodes * cluster.gpusPerNode;
  const room = gpu.memoryBytes * TORCH_COSTS.share;
  const sharding = shardingOf(run, gpus, room);
  const largest = largestBatch(run, { sharding, ranks: gpus }, gpu, room);
  const { recompute } = largest;
  const fits = largest.microBatch > 0;
  const spread = { sharding, ranks: gpus, recompute };
  const secondsFor = (passes: number, sequences: number): ClusterPlan['secondsPerStep'] => ({
    compute: stepFlops(run, passes * sequences * run.seqLen, recompute) / (gpu.peakFlops * gpu.utilization),
    communication: communicationSeconds(run, spread, cluster, passes),
  });
  const { gradAccum, batchSize } = fastestStep(run, gpus, Math.max(largest.microBatch, 1), secondsFor);
  const microBatch = fits ? Math.ceil(batchSize / gpus) : 0;
  const secondsPerStep = secondsFor(gradAccum, Math.max(microBatch, 1));
  const { compute, communication } = secondsPerStep;
  const seconds = compute + communication;
  const steps = Math.ceil(run.tokens / (run.sequencesPerStep * run.seqLen));
  const hours = (steps * seconds) / 3600;
  const slots = gradAccum * Math.max(microBatch, 1) * gpus;
  return {
    ...{ gpus, nodes, gpu, sharding, recompute, microBatch, batchSize, gradAccum, steps },
    memory: rankMemory(run, spread, Math.max(microBatch, 1)),
    hostBytes: WIDTH * parametersOf(run),
    secondsPerStep,
    tokensPerSecond: fits ? (run.sequencesPerStep * run.seqLen) / seconds : 0,
    hours: fits ? hours : Infinity,
    gpuHours: fits ? hours * gpus : Infinity,
    cost: cluster.pricePerGpuHour === undefined || !fits ? undefined : hours * gpus * cluster.pricePerGpuHour,
    limit: limitOf({ fits, compute, communication, idle: run.sequencesPerStep <= slots * BUSY }),
  };
}

/**
 * The passes of a step, and the sequences of each, that take the least time: both are whole, and together they are exactly the
 * sequences of a step. @param most sequences that a rank can have at once
 */
function fastestStep(
  { sequencesPerStep }: ClusterRun,
  gpus: number,
  most: number,
  secondsFor: (passes: number, sequences: number) => ClusterPlan['secondsPerStep'],
): Pick<ClusterPlan, 'gradAccum' | 'batchSize'> {
  let best = { gradAccum: sequencesPerStep, batchSize: 1, seconds: Infinity };
  for (let gradAccum = 1; gradAccum <= sequencesPerStep; gradAccum++) {
    const batchSize = sequencesPerStep / gradAccum;
    const sequences = Math.ceil(batchSize / gpus);
    if (Number.isInteger(batchSize) && sequences <= most) {
      const { compute, communication } = secondsFor(gradAccum, sequences);
      const seconds = compute + communication;
      best = seconds < best.seconds ? { gradAccum, batchSize, seconds } : best;
    }
  }
  return best;
}

function parametersOf(run: RankLoad): number {
  return parameterCount({ ...run.config, numHiddenLayers: depthOf(run).layers });
}

/** As choose_layout of sharding.py. */
function shardingOf(run: RankLoad, ranks: number, room: number): Sharding {
  if (ranks === 1) {
    return 'none';
  }
  return weightBytes(run, 'trained', ranks) <= room ? 'trained' : 'all';
}

/** The most sequences at once that fit, and whether activations are computed again then, as choose_layout does. */
function largestBatch(
  run: ClusterRun,
  { sharding, ranks }: { readonly sharding: Sharding; readonly ranks: number },
  gpu: Gpu,
  room: number,
): { readonly microBatch: number; readonly recompute: boolean } {
  const left = room - weightBytes(run, sharding, ranks);
  const recomputes = (sequences: number): boolean => keptBytes(run, sequences) > left;
  const fits = (sequences: number): boolean =>
    rankMemory(run, { sharding, ranks, recompute: recomputes(sequences) }, sequences).total <=
    gpu.memoryBytes * USABLE;
  const most = Math.ceil(run.sequencesPerStep / ranks);
  let microBatch = fits(1) ? 1 : 0;
  // What need not be computed again is faster than more at once.
  const stays = (sequences: number): boolean => recomputes(sequences) === recomputes(microBatch);
  while (microBatch > 0 && microBatch < most && fits(microBatch + 1) && stays(microBatch + 1)) {
    microBatch++;
  }
  return { microBatch, recompute: recomputes(Math.max(microBatch, 1)) };
}

/**
 * Floating-point operations of one rank's part of a step, matrix products only, two for each multiply–add; causal attention has
 * half of its T·T products. step_flops of python/bench/shapes.py, and what is computed again.
 */
export function stepFlops(run: RankLoad, tokens: number, recompute: boolean): number {
  const { config, full, seqLen } = run;
  const { layers, trained, differentiated } = depthOf(run);
  const weights = parametersPerLayer(config);
  const attention = config.numAttentionHeads * config.headDim * seqLen;
  const head = config.vocabSize * config.hiddenSize;
  const forward = layers + (recompute ? differentiated : 0);
  const perToken =
    forward * (weights + attention) +
    differentiated * (weights + 2 * attention) +
    trained * weights +
    head * (full ? 3 : 2);
  return 2 * tokens * perToken;
}

/** Of a step: in every pass layers are gathered and gradients of what trains scattered. */
function communicationSeconds(
  run: RankLoad,
  {
    sharding,
    ranks,
    recompute,
  }: { readonly sharding: Sharding; readonly ranks: number; readonly recompute: boolean },
  { bandwidthGBs, ...cluster }: ClusterFile,
  passes: number,
): number {
  if (ranks === 1) {
    return 0;
  }
  const { layers, trained, differentiated } = depthOf(run);
  const perLayer = parametersPerLayer(run.config);
  // Forward, backward, and the forward pass that is computed again.
  const backwards = recompute ? 2 : 1;
  const gathers = sharding === 'all' ? layers + backwards * differentiated : (1 + backwards) * trained;
  const gathered = gathers * perLayer * WIDTH;
  const reduced = trained * perLayer * 4;
  const bandwidth =
    nodesOf({ bandwidthGBs, ...cluster }) > 1 ? bandwidthGBs.betweenNodes : bandwidthGBs.withinNode;
  const sent = passes * (gathered + reduced + outerTraffic(run, sharding));
  return (sent * (ranks - 1)) / ranks / (bandwidth * 1e9);
}

/** Bytes of embedding and head in a pass: each is gathered, and its gradient scattered in float32; a tied one twice. */
function outerTraffic(run: RankLoad, sharding: Sharding): number {
  const values = 2 * run.config.vocabSize * run.config.hiddenSize;
  return shardsOuter(run, sharding) ? values * (WIDTH + (run.full ? 4 : 0)) : 0;
}

function limitOf({
  fits,
  compute,
  communication,
  idle,
}: {
  readonly fits: boolean;
  readonly compute: number;
  readonly communication: number;
  readonly idle: boolean;
}): ClusterPlan['limit'] {
  if (!fits) {
    return 'memory';
  }
  if (idle) {
    return 'sequences of a step';
  }
  return communication > compute ? 'communication' : 'compute';
}
