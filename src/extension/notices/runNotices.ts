import { existsSync } from 'node:fs';
import * as vscode from 'vscode';
import { lineOfMessage } from '../inlineLog/inlineLog';
import { openRun } from '../panels/open';
import { endingOf, hasNotStarted, isResumable, runLogFile, type RunEntry } from '../runs/runEntry';
import type { RunEnding } from '../runs/runs';
import type { Services } from '../services/services';

interface Offer {
  readonly title: string;
  take(): unknown;
}

/** Tells the person that a run ended, and offers what comes next. */
export async function presentEnding(services: Services, { run, severity, text }: RunEnding): Promise<void> {
  if (severity === 'quiet') {
    vscode.window.setStatusBarMessage(text, 5000);
    return;
  }
  const offers =
    severity === 'information' ? offersOfDone(services, run) : offersOfFailed(services, run, text);
  const show =
    severity === 'information' ? vscode.window.showInformationMessage : vscode.window.showErrorMessage;
  const chosen = await show(text, ...offers.map(({ title }) => title));
  await offers.find(({ title }) => title === chosen)?.take();
}

function offersOfDone(services: Services, run: RunEntry): Offer[] {
  return [
    {
      title: vscode.l10n.t('Open Run'),
      take: () => openRun(services, run.path),
    },
    {
      title: vscode.l10n.t('Compare Runs'),
      take: () => vscode.commands.executeCommand('adept.compareRuns', run.path),
    },
  ];
}

function offersOfFailed(services: Services, run: RunEntry, text: string): Offer[] {
  const resume: Offer = {
    // As in its panel: without a checkpoint it begins again.
    title: (run.status?.checkpoints.length ?? 0) > 0 ? vscode.l10n.t('Resume') : vscode.l10n.t('Run Again'),
    take: () => vscode.commands.executeCommand('adept.resume', run.path),
  };
  const log: Offer = {
    title: vscode.l10n.t('Show Log'),
    take: () => showRunLog(run),
  };
  const command = (title: string, id: string): Offer => ({
    title,
    take: () => vscode.commands.executeCommand(id, run.path),
  });
  if (hasNotStarted(run) || (endingOf(run) === 'notStarted' && (run.status?.createdAt ?? null) === null)) {
    const again = vscode.workspace.isTrusted ? [command(vscode.l10n.t('Run Again'), 'adept.runAgain')] : [];
    const config = services.runs.configOf(run.path);
    const open: Offer = {
      title: vscode.l10n.t('Open Configuration'),
      take: () => showConfig(config ?? '', text),
    };
    return [
      ...(config === undefined ? [] : [open]),
      ...again,
      ...(existsSync(runLogFile(run.path)) ? [log] : []),
    ];
  }
  const goesOn = vscode.workspace.isTrusted && isResumable(run);
  return [...(goesOn ? [resume] : []), ...(existsSync(runLogFile(run.path)) ? [log] : [])];
}

/** Opens a *.adept.json where a message points at. */
async function showConfig(file: string, message: string): Promise<void> {
  const document = await vscode.workspace.openTextDocument(vscode.Uri.file(file));
  const start = new vscode.Position(lineOfMessage(document.getText(), message), 0);
  await vscode.window.showTextDocument(document, { selection: new vscode.Range(start, start) });
}

/** Opens what the processes of a run have written. */
async function showRunLog(run: Pick<RunEntry, 'path'>): Promise<void> {
  await vscode.window.showTextDocument(vscode.Uri.file(runLogFile(run.path)));
}
