import * as vscode from 'vscode';
import type { ActionResult } from '../../shared/assistants/toolResults';

/** What the person is asked before a tool acts. */
export interface ActionQuestion {
  readonly question: string;
  /** What exactly will happen: one fact a line. */
  readonly facts: readonly string[];
  /** What can be answered beside no. */
  readonly answers: readonly [string, ...string[]];
}

/**
 * Asks the person, in the editor's modal dialog, whether a tool may act.
 *
 * VS Code has a confirmation of its own, which a tool asks for with `confirmationMessages`. It is no guarantee: VS Code leaves
 * it out where the setting `chat.tools.global.autoApprove` is on, where "Always Allow" was chosen once, in a session with Bypass
 * Approvals or Autopilot, and where a hook allows the call; the tool is then invoked as if somebody had said yes, and is not
 * told. In the chat its input can also be edited after the question was put into words. (Read in
 * `languageModelToolsService.invokeTool` of VS Code 1.139.) So a tool that acts asks by itself, always, about what it does a
 * moment later, and asks VS Code for no second question.
 * @returns the answer; undefined where the person declined
 * @throws vscode.CancellationError where the call was cancelled meanwhile
 */
export async function confirmAction(
  { question, facts, answers }: ActionQuestion,
  token: vscode.CancellationToken,
): Promise<string | undefined> {
  const detail = [vscode.l10n.t('An assistant asks for this.'), '', ...facts].join('\n');
  const chosen = await vscode.window.showWarningMessage(question, { modal: true, detail }, ...answers);
  if (token.isCancellationRequested) {
    throw new vscode.CancellationError();
  }
  return chosen;
}

export const DECLINED: ActionResult = {
  done: false,
  folder: null,
  message: 'The person declined. Nothing was done; do not ask for it again unless they want it.',
};
