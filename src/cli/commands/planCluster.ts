import { inputError } from '../../shared/common/errors';
import { planOnCluster, type ClusterPlan, type ClusterRun } from '../../shared/estimate/cluster/clusterPlan';
import { TUNE_SETTINGS } from '../../shared/settings/tuneSettings';
import { readClusterFile } from '../../node/cluster/clusterFile';
import { join } from 'node:path';
import type { ModelConfig } from '../../shared/model/config';
import { FAMILIES } from '../../shared/model/families';
import { isInTable } from '../../shared/model/outline';
import { readModelOutline } from '../../node/model/modelConfig';
import { namedLayers } from '../../shared/method/layerChoice';
import { countOf, layersOf, requiredText, type RawOptions, modelOf } from '../common/options';
import type { Output } from '../common/output';

export const SEQUENCES_PER_STEP = 256;

/** `adept plan --cluster`. @throws AdeptError (input) naming the option, or the file and its field */
export function planCluster(output: Output, raw: RawOptions): void {
  requireNone(raw, ['importance', 'memory', 'hours', 'slowdown', 'steps', 'batchSize', 'gradAccum']);
  const cluster = readClusterFile(requiredText(raw, 'cluster', '--cluster'));
  const plan = planOnCluster(runOf(raw), cluster);
  const { gpu, memory, cost, hours, limit } = plan;
  const [hoursKnown, fits] = [Number.isFinite(hours), plan.microBatch > 0];
  const result = {
    ...plan,
    gpu: gpu.name,
    fits,
    hours: hoursKnown ? hours : null,
    gpuHours: hoursKnown ? plan.gpuHours : null,
    cost: cost ?? null,
    assumptions: { peakFlops: gpu.peakFlops, utilization: gpu.utilization, ...cluster.bandwidthGBs },
  };
  const gigabytes = (bytes: number): string => (bytes / 1e9).toFixed(1);
  const price = cost === undefined ? '' : `, costs ${cost.toFixed(0)}`;
  output.result(
    result,
    [
      `${plan.gpus} × ${gpu.name} on ${plan.nodes} ${plan.nodes === 1 ? 'machine' : 'machines'}: ${SPREAD[plan.sharding]}`,
      `memory of a GPU: ${gigabytes(memory.total)} GB of ${gigabytes(gpu.memoryBytes)} (weights ${gigabytes(memory.weights)}, activations ${gigabytes(memory.activations)}, other ${gigabytes(memory.other)})`,
      `memory of the first machine while the model is loaded: ${gigabytes(plan.hostBytes)} GB`,
      fits
        ? `settings: batchSize ${plan.batchSize} (${plan.microBatch} sequences a GPU), gradAccum ${plan.gradAccum}${plan.recompute ? ', activations are computed again' : ''}`
        : 'not even one sequence fits: use more GPUs, fewer layers or shorter sequences',
      ...(fits
        ? [
            `${plan.tokensPerSecond.toFixed(0)} tokens/s; ${plan.steps} steps take ${hours.toPrecision(3)} hours${price}; limited by ${limit}`,
            `assumed: ${(gpu.utilization * 100).toFixed(0)} % of ${(gpu.peakFlops / 1e12).toFixed(0)} TFLOPS, ${cluster.bandwidthGBs.withinNode} GB/s within and ${cluster.bandwidthGBs.betweenNodes} GB/s between machines (docs/scale.md)`,
          ]
        : []),
    ].join('\n'),
  );
}

const SPREAD: Readonly<Record<ClusterPlan['sharding'], string>> = {
  none: 'one process holds all of it',
  trained: 'every GPU holds what is frozen, and a part of what trains',
  all: 'every GPU holds a part of every layer, of the embedding and of the head',
};

function runOf(raw: RawOptions): ClusterRun {
  const config = pricedConfig(modelOf(raw));
  const tokens = countOf(raw, 'tokens', '--tokens');
  const layers = layersOf(raw, 'layers', '--layers');
  const full = raw.full === true;
  if (tokens === undefined) {
    throw inputError('--tokens: is required with --cluster: give the training tokens of the run.');
  }
  if (full === (layers !== undefined)) {
    throw inputError('--layers, --full: give one of them with --cluster: what is to be trained.');
  }
  return {
    ...{ config, tokens, full },
    expanded: layers === undefined ? [] : namedLayers(layers, config.numHiddenLayers, '--layers'),
    seqLen: countOf(raw, 'seqLen', '--seq-len') ?? TUNE_SETTINGS.seqLen.default,
    sequencesPerStep: countOf(raw, 'sequences', '--sequences') ?? SEQUENCES_PER_STEP,
  };
}

/**
 * The configuration of a model whose costs are known.
 * @throws AdeptError (input) for any other, and for a config.json that is none
 */
export function pricedConfig(folder: string): ModelConfig {
  const outline = readModelOutline(folder);
  if (!isInTable(outline)) {
    throw inputError(
      `${join(folder, 'config.json')}: what a ${outline.family} model like this one costs is not known, only what plain ones of the families ${Object.keys(FAMILIES).join(', ')} do: "adept tune --dry-run" measures it.`,
    );
  }
  return outline;
}

/** @throws AdeptError (input) where an option is given that the other kind of plan has */
export function requireNone(raw: RawOptions, keys: readonly string[]): void {
  const given = keys.find((key) => raw[key] !== undefined);
  if (given !== undefined) {
    const flag = `--${given.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    throw inputError(
      raw.cluster === undefined
        ? `${flag}: is of a plan on a cluster: give --cluster as well, or leave it out.`
        : `${flag}: a plan on a cluster does not have it: leave it out.`,
    );
  }
}
