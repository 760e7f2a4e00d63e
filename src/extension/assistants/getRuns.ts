import { join } from 'node:path';
import * as v from 'valibot';
import * as vscode from 'vscode';
import { readJob } from '../../node/job/jobFile';
import { settingsOf } from '../../node/run/changeSettings';
import { listCheckpoints } from '../../node/run/checkpointList';
import { HistoryReader } from '../../node/run/historyReader';
import { RunFolder } from '../../node/run/runFolder';
import { readRunFiles } from '../../node/run/runFiles';
import { runSummary } from '../../node/runPage/runSummary';
import { RunDetailResult, RunListResult } from '../../shared/assistants/toolResults';
import { RUN_FILES } from '../../shared/run/runFolder';
import { namedTexts, type NamedText } from '../../shared/run/runTexts';
import type { RunSummary } from '../../shared/webview/run';
import { windowController } from '../control/windowController';
import type { RunEntry } from '../runs/runEntry';
import type { Services } from '../services/services';
import { folderPaths } from './analyses';
import type { AssistantTool } from './assistantTool';
import { knownRun } from './known';
import { runDetailReport, runListReport } from './runReport';

export const tool: AssistantTool<'adept_get_runs'> = {
  result: v.union([RunDetailResult, RunListResult]),
  doing: ({ run }) =>
    run === undefined ? vscode.l10n.t('Reading the runs') : vscode.l10n.t('Reading the run {0}', run),
  answer: async (services, { run }, token) => {
    const { list } = services.runs;
    list.scan();
    return run === undefined
      ? runListReport(list.entries)
      : detail(services, knownRun(list.entries, run, folderPaths()), token);
  },
};

async function detail(
  services: Services,
  run: RunEntry,
  token: vscode.CancellationToken,
): Promise<RunDetailResult> {
  const folder = RunFolder.at(run.path);
  return runDetailReport({
    run,
    summary: await summaryOf(services, run.path, token),
    checkpoints: listCheckpoints(folder),
    tune: readable(() => settingsOf(folder)),
    texts: readable(() => textsOf(folder)) ?? [],
  });
}

/** What the run panel says of a run. Its whole log is read, which a cancelled call ends. */
async function summaryOf(
  services: Services,
  run: string,
  token: vscode.CancellationToken,
): Promise<RunSummary> {
  const files = await readRunFiles(run);
  const reader = new HistoryReader(join(run, RUN_FILES.events));
  const cancelled = token.onCancellationRequested(() => {
    reader.close();
  });
  try {
    await reader.readOn();
  } finally {
    cancelled.dispose();
  }
  const window = {
    ...windowController(services).about(run),
    isTrusted: vscode.workspace.isTrusted,
    remoteName: vscode.env.remoteName,
    pending: undefined,
  };
  return runSummary(run, files, reader.history, window, { isKnown: true, reading: null });
}

function textsOf(folder: RunFolder): NamedText[] {
  return namedTexts(readJob(folder.path)?.config ?? folder.readSpec());
}

/** What cannot be read leaves its part out: the state of the run says what is wrong. */
function readable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
