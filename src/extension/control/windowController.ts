import * as vscode from 'vscode';
import { findRun } from './pickRun';
import { controlRun } from './controlRun';
import type { RunController } from '../runs/runController';
import type { Services } from '../services/services';
import { lastLogLinesOf } from '../runs/launcher';
import { isLive, nameOf, type RunEntry } from '../runs/runEntry';
import type { ControlRequest } from '../runs/trainerControl';

/** How the panels of this window control runs: as the commands do. */
export function windowController(services: Services): RunController {
  const { l10n } = vscode;
  const control = async (
    path: string,
    request: ControlRequest,
    doing: (name: string) => string,
  ): Promise<void> => {
    const run = await findRun(services, path);
    await controlRun(services, run, request, doing(nameOf(run)));
  };
  return {
    pause: (run) =>
      control(run, { method: 'pause' }, (name) => l10n.t('Pausing {0} after the step in hand', name)),
    resume: async (run) => services.runs.resume(await findRun(services, run)),
    stop: (run) =>
      control(run, { method: 'stop' }, (name) => l10n.t('Stopping {0} after a checkpoint', name)),
    checkpoint: (run) =>
      control(run, { method: 'checkpoint' }, (name) => l10n.t('{0} saves a checkpoint', name)),
    setLearningRate: (run, value) =>
      control(run, { method: 'setLearningRate', value }, (name) =>
        l10n.t('Changing the learning rate of {0}', name),
      ),
    exportModel: async (run, how) => {
      await vscode.commands.executeCommand('adept.exportModel', how === undefined ? run : { run, ...how });
    },
    measureDial: async (run) => {
      await vscode.commands.executeCommand('adept.measureDial', run);
    },
    about: (path) => processOf(services, services.runs.list.get(path)),
    configOf: (run) => services.runs.configOf(run),
  };
}

function processOf({ runs }: Services, run: RunEntry | undefined): ReturnType<RunController['about']> {
  if (run === undefined || isLive(run)) {
    return { isStarting: run?.state === 'starting' };
  }
  return {
    exit: runs.exitOf(run.path),
    failure: run.launch?.failure,
    output: lastLogLinesOf(run.path).lines,
  };
}
