import { dirname } from 'node:path';
import * as v from 'valibot';
import * as vscode from 'vscode';
import { requireCheckpoint } from '../../node/run/checkpointState';
import { RunFolder } from '../../node/run/runFolder';
import { inputError } from '../../shared/common/errors';
import { CheckpointSide, type Side, type Sides } from '../../shared/playground/sides';
import { usableCheckpoints, type CheckpointRef } from '../checkpoints/checkpointItem';
import { isExportOfRun } from '../models/ofRun';
import { pathOf } from '../control/arguments';
import { openPlayground } from '../panels/playgroundPanel';
import type { Services } from '../services/services';
import { namedCheckpoints } from './pickCheckpoint';

/** The strength that was chosen for a checkpoint. */
const AtStrength = v.pick(CheckpointSide, ['alpha', 'drop']);
type AtStrength = v.InferOutput<typeof AtStrength>;
/** A model below the run that it was exported of. */
const Exported = v.object({ run: v.string(), path: v.string() });

/**
 * Opens the playground with what is named: a checkpoint or an export beside the model that the run began with, two checkpoints,
 * the last checkpoint of a run, or a model by itself.
 * @returns what is compared; undefined where it is what was compared last
 */
export function run(services: Services, ...args: readonly unknown[]): Sides | undefined {
  const sides = namedSides(services, args);
  openPlayground(services, sides);
  return sides;
}

function namedSides(services: Services, args: readonly unknown[]): Sides | undefined {
  const [first] = args;
  const named = namedCheckpoints(services, args);
  if (named.length > 0) {
    const at = v.safeParse(AtStrength, first);
    return ofCheckpoints(named, at.success ? at.output : undefined);
  }
  const exported = v.safeParse(Exported, first);
  if (exported.success && exported.output.path !== exported.output.run) {
    return besideBase(exported.output.run, { kind: 'model', model: exported.output.path });
  }
  const path = pathOf(first);
  if (path === undefined) {
    return undefined;
  }
  if (services.runs.list.get(path) !== undefined) {
    const [last] = usableCheckpoints(path);
    if (last === undefined) {
      throw inputError(vscode.l10n.t('{0} has saved no checkpoint yet that can be asked.', path));
    }
    return ofCheckpoints([last.point]);
  }
  const side: Side = { kind: 'model', model: path };
  return isExportOfRun(path) ? besideBase(dirname(path), side) : [side];
}

/** @param at the strength of the first */
function ofCheckpoints(named: readonly CheckpointRef[], at?: AtStrength): Sides {
  const [first, second, third] = named;
  if (first === undefined || third !== undefined) {
    throw inputError(vscode.l10n.t('The playground compares two checkpoints: select one or two.'));
  }
  for (const { run: folder, step } of named) {
    requireCheckpoint(RunFolder.at(folder), step);
  }
  const side = ({ run: folder, step }: CheckpointRef): CheckpointSide => ({
    ...{ kind: 'checkpoint', run: folder, step, alpha: 1, drop: [] },
  });
  if (second === undefined) {
    const { alpha = 1, drop = [] } = at ?? {};
    return besideBase(first.run, { ...side(first), alpha, drop });
  }
  const swap = first.run === second.run && first.step > second.step;
  return swap ? [side(second), side(first)] : [side(first), side(second)];
}

/** A run that came to no training has no base of its own. */
function besideBase(folder: string, side: Side): Sides {
  return RunFolder.at(folder).hasSpec() ? [{ kind: 'base', run: folder }, side] : [side];
}
