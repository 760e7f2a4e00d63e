import { listExports } from '../../node/run/runExports';
import { RunFolder } from '../../node/run/runFolder';
import { modelName } from '../../shared/model/modelName';
import type { Sides } from '../../shared/playground/sides';
import type { PlaygroundOrigin } from '../../shared/webview/playground';
import { usableCheckpoints } from '../checkpoints/checkpointItem';
import { isExportOfRun } from '../models/ofRun';
import { isLive, nameOf, type RunEntry } from '../runs/runEntry';
import { selectedRun } from '../runs/selectedRun';
import type { Services } from '../services/services';

type RunOrigin = Extract<PlaygroundOrigin, { kind: 'run' }>;

/** Everything that can be asked here: runs with their checkpoints, what was exported of them, and other models. */
export function findOrigins({ runs, models, log }: Services): PlaygroundOrigin[] {
  const attempt = <T>(path: string, read: () => T[]): T[] => {
    try {
      return read();
    } catch (error) {
      log.warn(`${path}: ${error instanceof Error ? error.message : String(error)}`);
      return [];
    }
  };
  const { entries } = runs.list;
  const exported = entries.flatMap(({ path }) =>
    attempt(path, () => listExports(path).map(({ out }) => ({ out, run: path }))),
  );
  const isExported = new Set(exported.map(({ out }) => out));
  const others = models.all.filter(
    ({ path, summary }) => summary !== undefined && !isExported.has(path) && !isExportOfRun(path),
  );
  return [
    ...entries.flatMap((entry) => attempt(entry.path, () => runOrigin(entry))),
    ...exported.map(({ out, run }): PlaygroundOrigin => modelOrigin(out, nameOf({ path: run }))),
    ...others.map(({ path }): PlaygroundOrigin => modelOrigin(path, null)),
  ];
}

/** What origins follow from, beside models: read again only when it changed. */
export function signatureOfOrigins({ runs }: Services): string {
  return JSON.stringify(
    runs.list.entries.map((entry) => [entry.path, isLive(entry), RunFolder.at(entry.path).checkpoints()]),
  );
}

/** What is compared where nobody chose: a run's model and its last checkpoint, of the run that is selected where one is. */
export function usualSides(origins: readonly PlaygroundOrigin[]): Sides | null {
  const runs = origins.filter((origin) => origin.kind === 'run');
  const run = runs.find((origin) => origin.run === selectedRun()) ?? runs[0];
  const last = run?.checkpoints[0];
  if (run !== undefined && last !== undefined) {
    return [
      { kind: 'base', run: run.run },
      { kind: 'checkpoint', run: run.run, step: last.step, alpha: 1, drop: [] },
    ];
  }
  const model = origins.find((origin) => origin.kind === 'model');
  return model === undefined ? null : [{ kind: 'model', model: model.model }];
}

function runOrigin(entry: RunEntry): RunOrigin[] {
  const { path } = entry;
  const run = RunFolder.at(path);
  const checkpoints = run.hasSpec() ? usableCheckpoints(path) : [];
  return checkpoints.length === 0
    ? []
    : [
        {
          ...{ kind: 'run', run: path, name: nameOf(entry), live: isLive(entry) },
          adds: !run.readSpec().tune.full,
          checkpoints: checkpoints.map(({ point, label, description = '' }) => ({
            ...{ step: point.step, name: label, description },
          })),
        },
      ];
}

function modelOrigin(model: string, exportOf: string | null): PlaygroundOrigin {
  return { kind: 'model', model, name: modelName(model), exportOf };
}
