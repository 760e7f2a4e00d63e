import * as vscode from 'vscode';
import { failure } from '../../shared/errors';

/** Until a command's own file replaces it: says so instead of doing nothing. */
export function notInThisBuild(): never {
  throw failure(vscode.l10n.t('This build of ADEPT cannot do that yet.'));
}
