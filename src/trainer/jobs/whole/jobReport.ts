import type { RunConfig } from '../../../shared/config/runConfig';
import type { JobReport } from '../../../shared/run/job';
import { trainingSeconds } from '../../../shared/run/trainingSeconds';
import { readModelFacts } from '../../../node/model/modelFacts';
import { peakMemory } from '../../../node/process/peakMemory';
import { readEvents } from '../../../node/run/eventWriter';
import type { RunFolder } from '../../../node/run/runFolder';
import { readManifest } from '../../method/manifest';
import type { ExecutorDescription } from '../../executor/executor';

/** A job whose model is exported. */
export interface FinishedJob {
  readonly config: RunConfig;
  readonly folder: RunFolder;
  readonly engine: ExecutorDescription;
  /** The model that was tuned. */
  readonly model: string;
  readonly exported: string;
  readonly step: number;
  /** Of every stage. */
  readonly seconds: Readonly<Record<string, number>>;
}

/** What a job came to; everything but what was measured is read from its folders. */
export function jobReport(
  { config, folder, engine, model, exported, step, seconds }: FinishedJob,
  measured: Pick<JobReport, 'before' | 'after'>,
): JobReport {
  const added = readManifest(model)?.added ?? [];
  const before = readModelFacts(config.model);
  const after = readModelFacts(model);
  const addedLayers = added.map(({ layer }) => layer);
  const trained = after.parameters - (config.tune.full ? 0 : readModelFacts(model, addedLayers).parameters);
  return {
    format: 'adept.report/1',
    model: config.model,
    out: folder.path,
    exported,
    engine: { ...engine },
    layers: {
      before: before.layers,
      after: after.layers,
      expanded: added.map(({ source }) => source),
    },
    parameters: { before: before.parameters, after: after.parameters, trained },
    steps: step,
    ...measured,
    seconds: { ...seconds },
    trainingSeconds: trainingSeconds(readEvents(folder.file('events'))),
    peakMemory: peakMemory(),
  };
}
