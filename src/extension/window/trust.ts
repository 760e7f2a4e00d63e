import * as vscode from 'vscode';
import { failure } from '../../shared/common/errors';

/** @throws AdeptError when the workspace is in Restricted Mode, where nothing is started or controlled. */
export function requireTrust(doing: string): void {
  if (!vscode.workspace.isTrusted) {
    throw failure(
      vscode.l10n.t(
        'ADEPT: {0} needs a trusted workspace: trust this one with "Workspaces: Manage Workspace Trust".',
        doing,
      ),
    );
  }
}
