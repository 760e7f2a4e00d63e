import { listExports } from '../../node/run/runExports';
import { RunFolder } from '../../node/run/runFolder';
import { modelName } from '../../shared/model/modelName';
import type { Sides } from '../../shared/playground/sides';
import type { PlaygroundPlace } from '../../shared/webview/playground';
import { usableCheckpoints } from '../checkpoints/checkpointItem';
import { isExportOfRun } from '../models/ofRun';
import { isLive, nameOf, type RunEntry } from '../runs/runEntry';
import { selectedRun } from '../runs/selectedRun';
import type { Services } from '../services/services';

type RunPlace = Extract<PlaygroundPlace, { kind: 'run' }>;

/** Everything that can be asked here: runs with their checkpoints, what was exported of them, and other models. */
export function findPlaces({ runs, models, log }: Services): PlaygroundPlace[] {
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
    ...entries.flatMap((entry) => attempt(entry.path, () => runPlace(entry))),
    ...exported.map(({ out, run }): PlaygroundPlace => modelPlace(out, nameOf({ path: run }))),
    ...others.map(({ path }): PlaygroundPlace => modelPlace(path, null)),
  ];
}

/** What places follow from, beside models: read again only when it changed. */
export function signatureOfPlaces({ runs }: Services): string {
  return JSON.stringify(
    runs.list.entries.map((entry) => [entry.path, isLive(entry), RunFolder.at(entry.path).checkpoints()]),
  );
}

/** What is compared where nobody chose: a run's model and its last checkpoint, of the run that is selected where one is. */
export function usualSides(places: readonly PlaygroundPlace[]): Sides | null {
  const runs = places.filter((place) => place.kind === 'run');
  const run = runs.find((place) => place.run === selectedRun()) ?? runs[0];
  const last = run?.checkpoints[0];
  if (run !== undefined && last !== undefined) {
    return [
      { kind: 'base', run: run.run },
      { kind: 'checkpoint', run: run.run, step: last.step, alpha: 1, drop: [] },
    ];
  }
  const model = places.find((place) => place.kind === 'model');
  return model === undefined ? null : [{ kind: 'model', model: model.model }];
}

function runPlace(entry: RunEntry): RunPlace[] {
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

function modelPlace(model: string, exportOf: string | null): PlaygroundPlace {
  return { kind: 'model', model, name: modelName(model), exportOf };
}
