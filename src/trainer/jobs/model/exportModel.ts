import { resolve } from 'node:path';
import { inputError, messageOf } from '../../../shared/common/errors';
import type { ExportDtype } from '../../../shared/config/runConfig';
import type { FloatType } from '../../../shared/model/floatType';
import type { ModelOutline } from '../../../shared/model/outline';
import { notableLoss, type FoundLosses, type TextLosses } from '../../../shared/run/losses';
import type { ExpansionManifest } from '../../../shared/run/manifest';
import type { RunSpec } from '../../../shared/run/runFolder';
import { AS_OPTIONS, type Naming } from '../../../shared/settings/naming';
import { fillFolder } from '../../../node/files/outputFolder';
import { readModelOutline, writeModelConfig } from '../../../node/model/modelConfig';
import { copyOtherFiles } from '../../../node/model/otherFiles';
import { recordExport } from '../../../node/run/runExports';
import type { RunFolder } from '../../../node/run/runFolder';
import { checkCheckpoint, openPart } from '../../checkpoint/checkpoint';
import { checkTensors, trainedTensors } from '../../checkpoint/modelTensors';
import { expandConfig } from '../../method/expandConfig';
import { readManifest, requireManifest, writeManifest } from '../../method/manifest';
import { fusedSources } from '../../safetensors/fusedSources';
import { writeModelWeights } from '../../safetensors/modelWriter';
import { TensorStore } from '../../safetensors/safetensors';
import { subtask, type Task } from '../../task';
import { writeExportCard } from '../card/exportCard';
import { exportedLosses, type ExportedModel, type Measuring } from './exportedLosses';
import { exportedWeights, keptName, withFloatType, type ExportPlan } from './exportedWeights';

export interface ExportRequest {
  readonly out: string;
  /** The last checkpoint when left out. */
  readonly step?: number | undefined;
  /** Scale of the added layers' outputs, 0 to 1; 0 is the original model. */
  readonly alpha?: number | undefined;
  /** Added layers, as the tuned model numbers them, that the exported model does without. */
  readonly drop?: readonly number[] | undefined;
  /** Of the weights; each tensor's own in the source when left out. */
  readonly dtype?: ExportDtype | undefined;
  /** What the losses of the files are measured with, where that is needed; they are not measured when left out. */
  readonly measuring?: Measuring | undefined;
  /** Whether the run lists the export; it does when left out. */
  readonly listed?: boolean | undefined;
  /** How errors call the settings. */
  readonly naming?: Naming | undefined;
}

export interface ExportResult {
  readonly run: string;
  readonly out: string;
  readonly step: number;
  readonly alpha: number;
  readonly dropped: readonly number[];
  readonly trained: number;
  readonly frozen: number;
  /** Of the weights, as config.json says. */
  readonly dtype: FloatType;
  readonly before: TextLosses;
  /** Of the checkpoint, and of the files; null where they were not measured. */
  readonly tuned: TextLosses | null;
  readonly after: TextLosses | null;
  /** Why they were not. */
  readonly notMeasured?: string;
  /** Says so where rounding lost much of what was gained. */
  readonly warning?: string;
}

/**
 * Writes a Hugging Face folder with a model card. Each tensor has its type in the source unless another is asked for: frozen ones
 * are the source's bytes, trained ones are rounded to it. What the export says of itself is what its files compute.
 * @throws AdeptError (input) naming what cannot be exported; Cancelled, and then the folder is as before
 */
export async function exportModel(run: RunFolder, request: ExportRequest, task: Task): Promise<ExportResult> {
  const { out, alpha = 1, drop = [], dtype = 'auto', naming = AS_OPTIONS } = request;
  const spec = run.readSpec();
  const step = request.step ?? run.checkpoints().at(-1);
  if (step === undefined) {
    throw inputError(`${run.file('checkpoints')} has no checkpoint to export: let the run save one first.`);
  }
  const config = readModelOutline(spec.model);
  const added = addedLayers(spec, config);
  const model = { step, alpha, drop, added };
  checkAdded(run, model);
  const base = TensorStore.open(spec.model);
  try {
    checkTensors(spec.model, config, base);
    checkCheckpoint(run, step, trainedTensors(config, base, added), false);
    const delta = openPart(run, step, 'delta');
    try {
      const layers = Array.from({ length: config.numHiddenLayers }, (_, layer) => layer);
      const kept = layers.filter((layer) => !drop.includes(layer));
      const plan: ExportPlan = {
        ...{ config, base, delta, kept, alpha, dtype, added: added ?? [] },
        dtypeLabel: naming.label('export.dtype'),
      };
      const made = await fillFolder(out, '--out', () =>
        writeExport({ run, spec, model, plan, out, measuring: request.measuring }, task),
      );
      const result = resultOf(run, resolve(out), model, made, naming);
      if (request.listed !== false) {
        note(run, result, task);
      }
      return result;
    } finally {
      delta.close();
    }
  } finally {
    base.close();
  }
}

/** Layers that the run added; undefined where it tuned every parameter. */
function addedLayers(spec: RunSpec, config: ModelOutline): number[] | undefined {
  return spec.tune.full ? undefined : requireManifest(spec.model, config).added.map(({ layer }) => layer);
}

/** @throws AdeptError (input) for what can be done to added layers alone */
function checkAdded(run: RunFolder, { alpha, drop, added }: ExportedModel): void {
  if ((alpha !== 1 || drop.length > 0) && added === undefined) {
    throw inputError(
      `${alpha === 1 ? '--drop' : '--alpha'}: ${run.path} tuned every parameter, so there are no added layers: leave it out.`,
    );
  }
  const unknownLayer = drop.find((layer) => added?.includes(layer) !== true);
  if (unknownLayer !== undefined) {
    throw inputError(
      `--drop: layer ${unknownLayer} was not added by this run: only ${(added ?? []).join(', ')} can be left out.`,
    );
  }
}

interface ExportWork {
  readonly run: RunFolder;
  readonly spec: RunSpec;
  readonly model: ExportedModel;
  readonly plan: ExportPlan;
  readonly out: string;
  readonly measuring: Measuring | undefined;
}

type Written = Pick<ExportResult, 'trained' | 'frozen' | 'dtype'> & { readonly losses: FoundLosses };

async function writeExport(work: ExportWork, task: Task): Promise<Written> {
  const { run, spec, model, plan, out, measuring } = work;
  const { config, base, kept } = plan;
  const { sources, trained, frozen, type, rounding } = exportedWeights(plan);
  const fused = fusedSources(config.raw, sources);
  await writeModelWeights(out, fused, base.metadata, subtask(task, 0, measuring === undefined ? 1 : 0.5));
  copyOtherFiles(spec.model, out);
  const tuned = readManifest(spec.model);
  const whole = kept.length === config.numHiddenLayers;
  const exported = tuned && !whole ? manifestWithout(config, tuned, kept) : tuned;
  if (exported) {
    writeManifest(out, exported);
  }
  const raw = whole
    ? config.raw
    : expandConfig(
        config,
        kept.map((source) => ({ source, added: false })),
      );
  writeModelConfig(spec.model, out, withFloatType(raw, type));
  const losses = await exportedLosses(
    { run, model, folder: out, rounded: rounding.changed > 0, measuring },
    subtask(task, 0.5, 1),
  );
  const manifests = model.added === undefined ? undefined : tuned && exported && { tuned, exported };
  writeExportCard({ run, spec, out, model, type, losses, manifests }, task);
  task.report(1, 'exported');
  return { trained, frozen, dtype: type, losses };
}

function resultOf(
  run: RunFolder,
  out: string,
  { step, alpha, drop }: ExportedModel,
  { losses, ...made }: Written,
  naming: Naming,
): ExportResult {
  const warning = 'after' in losses ? roundingWarning(losses, made.dtype, naming) : undefined;
  return {
    ...{ run: run.path, out, step, alpha, dropped: drop, ...made, before: losses.before },
    ...('after' in losses
      ? { tuned: losses.tuned, after: losses.after }
      : { tuned: null, after: null, notMeasured: losses.notMeasured }),
    ...(warning === undefined ? {} : { warning }),
  };
}

function roundingWarning(
  losses: Extract<FoundLosses, { after: TextLosses }>,
  type: FloatType,
  naming: Naming,
): string | undefined {
  const share = notableLoss(losses);
  if (share === undefined) {
    return undefined;
  }
  const [before, tuned, after] = [losses.before, losses.tuned, losses.after].map(
    ({ domainLoss }) => domainLoss?.toFixed(5) ?? '–',
  );
  return `rounding to ${type} takes ${(share * 100).toFixed(0)}% of the gain: domain loss was ${before} before and ${tuned} as trained, and is ${after} as exported; export with ${naming.name('export.dtype')} float32 to keep it.`;
}

/** The run's folder says which models came of it; where it cannot, the model is there all the same. */
function note(run: RunFolder, { out, step, alpha, dropped, dtype, after }: ExportResult, task: Task): void {
  try {
    recordExport(run.path, {
      ...{ out, step, alpha, dropped: [...dropped], dtype },
      ...(after === null ? {} : { losses: after }),
      createdAt: new Date().toISOString(),
    });
  } catch (error) {
    task.log?.(`the run does not list this export: ${messageOf(error)}`);
  }
}

/** The manifest of a model that consists of these layers of the described one. */
function manifestWithout(
  config: ModelOutline,
  manifest: ExpansionManifest,
  kept: readonly number[],
): ExpansionManifest {
  return {
    ...manifest,
    layers: kept.length,
    added: manifest.added
      .filter(({ layer }) => kept.includes(layer))
      .map((entry) => ({
        ...entry,
        layer: kept.indexOf(entry.layer),
        sourceLayer: kept.indexOf(entry.sourceLayer),
      })),
    zeroed: manifest.zeroed.flatMap((name) => keptName(config, name, kept) ?? []),
    // It was measured of another model.
    equivalence: null,
  };
}
