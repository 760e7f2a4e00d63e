import * as vscode from 'vscode';
import { findRun } from './pickRun';
import { controlRun } from './controlRun';
import { measurementOf } from '../process/purposes';
import type { RunController } from '../runs/runController';
import type { Services } from '../services/services';
import { lastLogLinesOf } from '../runs/launcher';
import { isLive, type RunEntry } from '../runs/runEntry';
import { baseLearningRate } from '../runs/trainerControl';

/** How the panels of this window control runs: as the commands do. */
export function windowController(services: Services): RunController {
  return {
    onDidChange: (listener) =>
      vscode.Disposable.from(
        services.runs.list.onDidChange.add(listener),
        services.jobs.onDidChange(listener),
      ),
    progressOf: (path) => progressOf(services.runs.list.get(path)),
    control: async (path, request) => {
      const run = await findRun(services, path);
      if (request.method === 'resume') {
        await vscode.commands.executeCommand('adept.resume', run.path);
      } else {
        await controlRun(services, run, request);
      }
    },
    baseLearningRate: async (path) => baseLearningRate(await findRun(services, path)),
    runAgain: async (run) => {
      await vscode.commands.executeCommand('adept.runAgain', run);
    },
    deleteRun: async (run) => {
      await vscode.commands.executeCommand('adept.deleteRun', run);
    },
    exportModel: async (run, how) => {
      await vscode.commands.executeCommand('adept.exportModel', how === undefined ? run : { run, ...how });
    },
    tryInPlayground: async (run, how) => {
      await vscode.commands.executeCommand('adept.tryInPlayground', { run, ...how });
    },
    measureStrength: async (run) => {
      await vscode.commands.executeCommand('adept.measureStrength', run);
    },
    shareReport: async (run) => {
      await vscode.commands.executeCommand('adept.shareReport', run);
    },
    about: (path) => ({
      ...processOf(services, services.runs.list.get(path)),
      asked: services.runs.list.get(path)?.asked,
      hasConfig: services.runs.configOf(path) !== undefined,
      isMeasuring: services.jobs.liveOf(measurementOf(path)) !== undefined,
    }),
    configOf: (run) => services.runs.configOf(run),
  };
}

function progressOf(run: RunEntry | undefined): number | undefined {
  const { step = 0, steps = null } = run?.status ?? {};
  const isUnderWay = (run?.state === 'running' || run?.state === 'paused') && step > 0;
  return isUnderWay && steps !== null ? step / Math.max(1, steps) : undefined;
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
