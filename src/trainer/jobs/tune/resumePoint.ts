import { join } from 'node:path';
import { inputError } from '../../../shared/common/errors';
import { storedUnits } from '../../../shared/model/storedUnits';
import { CHECKPOINT_FILES, type CheckpointState, type RunSpec } from '../../../shared/run/runFolder';
import { readEvents } from '../../../node/run/eventWriter';
import { requireResumable, type ResumePoint } from '../../../node/run/laterResults';
import type { RunFolder } from '../../../node/run/runFolder';
import { requireManifest } from '../../method/manifest';
import { checkCheckpoint } from '../../checkpoint/checkpoint';
import { checkpointFolder } from '../../../node/run/checkpointState';
import { readModelOutline } from '../../../node/model/modelConfig';
import { TensorStore } from '../../safetensors/safetensors';
import { readTensors, trainedTensors } from '../../checkpoint/modelTensors';

/**
 * Checks what a run goes on from, its events and its last checkpoint (or `from`), before anything in its folder is touched.
 * @throws AdeptError (input) naming the file and what is wrong in it.
 */
export function checkResumePoint(run: RunFolder, spec: RunSpec, from?: ResumePoint): void {
  readEvents(run.file('events'));
  if (from !== undefined) {
    requireResumable(run, from);
  }
  const start = from?.step ?? run.checkpoints().at(-1);
  if (start === undefined) {
    return;
  }
  if (start > spec.tune.steps) {
    throw inputError(
      `${run.path}: the checkpoint that it goes on from is of step ${start}, and the run is to end at step ${spec.tune.steps}: set steps to ${start} or more, or go on from an earlier checkpoint.`,
    );
  }
  const config = readModelOutline(spec.model);
  const added = spec.tune.full
    ? undefined
    : requireManifest(spec.model, config).added.map(({ layer }) => layer);
  const store = TensorStore.open(spec.model);
  store.close();
  const { units } = checkCheckpoint(run, start, trainedTensors(config, store, added), true);
  const layers = added ?? Array.from({ length: config.numHiddenLayers }, (_, layer) => layer);
  const stored = storedUnits(config, readTensors(config, store));
  const missing = layers
    .flatMap((layer) => (stored[layer] ?? []).map(({ name }) => ({ layer, name })))
    .find((wanted) => !holds(units, wanted));
  // None at all is a checkpoint from before anything was measured.
  if (units.length > 0 && missing !== undefined) {
    const folder = checkpointFolder(run, start);
    throw inputError(
      `${join(folder, CHECKPOINT_FILES.state)}: "units" lacks ${missing.name} of layer ${missing.layer}: remove ${folder}, and the checkpoint before it is used.`,
    );
  }
}

function holds(
  units: CheckpointState['units'],
  wanted: Pick<CheckpointState['units'][number], 'layer' | 'name'>,
): boolean {
  return units.some(({ layer, name }) => layer === wanted.layer && name === wanted.name);
}
