import * as v from 'valibot';
import * as vscode from 'vscode';
import { requireCheckpoint } from '../../node/run/checkpointState';
import { RunFolder } from '../../node/run/runFolder';
import { checkpointReport } from '../../shared/assistants/checkpointReport';
import { shortened, shortText } from '../../shared/assistants/shortened';
import { CheckpointComparisonResult, RunComparisonResult } from '../../shared/assistants/toolResults';
import { inputError } from '../../shared/common/errors';
import { ENGLISH } from '../../shared/common/localizer';
import { parseWith } from '../../shared/common/parse';
import { ASSISTANT_TOOLS } from '../../shared/contributions/assistantTools';
import { Comparison } from '../../shared/run/comparison';
import type { PointSource } from '../../shared/webview/comparison';
import { ComparedRuns } from '../comparison/comparedRun';
import { compareRuns, type ComparedRow } from '../comparison/runComparison';
import { comparisonCommand } from '../panels/comparisonPanel';
import type { Services } from '../services/services';
import { requireTrust } from '../window/trust';
import { folderPaths } from './analyses';
import type { AssistantTool } from './assistantTool';
import { knownRun } from './known';

const MOST_SETTINGS = 40;
const LONGEST_VALUE = 200;

export const tool: AssistantTool<'adept_compare'> = {
  result: v.union([CheckpointComparisonResult, RunComparisonResult]),
  doing: ({ runs }) =>
    runs === undefined
      ? vscode.l10n.t('Comparing checkpoints')
      : vscode.l10n.t('Comparing {0}', runs.join(', ')),
  answer: (services, { runs, checkpoints }, token) => {
    if ((runs === undefined) === (checkpoints === undefined)) {
      throw inputError('Either runs or checkpoints are compared: give one of "runs" and "checkpoints".');
    }
    return checkpoints === undefined
      ? comparedRuns(services, runs ?? [])
      : comparedCheckpoints(services, checkpoints, token);
  },
};

async function comparedRuns({ runs }: Services, called: readonly string[]): Promise<RunComparisonResult> {
  const folders = folderPaths();
  const found = called.map((name) => knownRun(runs.list.entries, name, folders));
  const compared = new ComparedRuns();
  const { names, results, differences } = compareRuns(
    await Promise.all(found.map(({ path }) => compared.read(path))),
    ENGLISH,
  );
  const { kept, omitted } = shortened(differences, MOST_SETTINGS);
  return {
    runs: [...names],
    unit: 'losses in nats per token',
    results: results.map(shortRow),
    settingsThatDiffer: kept.map(shortRow),
    omittedSettings: omitted,
  };
}

function shortRow({ name, values }: ComparedRow): RunComparisonResult['results'][number] {
  return { name, values: values.map((value) => shortText(value, LONGEST_VALUE)) };
}

/** Has `adept compare` read the weights, as the panel does. */
async function comparedCheckpoints(
  { runs, jobs }: Services,
  called: readonly { readonly run: string; readonly step: number }[],
  token: vscode.CancellationToken,
): Promise<CheckpointComparisonResult> {
  // It starts a process; a comparison of runs starts none.
  requireTrust(ASSISTANT_TOOLS.adept_compare.title);
  const folders = folderPaths();
  const [a, b] = called.map(({ run, step }): PointSource => {
    const { path } = knownRun(runs.list.entries, run, folders);
    if (step === 0) {
      return { run: path, step: 'base' };
    }
    requireCheckpoint(RunFolder.at(path), step);
    return { run: path, step };
  });
  if (a === undefined || b === undefined) {
    throw inputError('Two checkpoints are compared: give two.');
  }
  const command = comparisonCommand({ a, b });
  const value = await jobs.run(command, token);
  return checkpointReport(parseWith(Comparison, value, command.title));
}
