import { join } from 'node:path';
import type * as vscode from 'vscode';
import { adoptNativeInstall } from '../../node/engines/adoptNative';
import { nativeHome } from '../../node/engines/nativeHome';

/** Earlier versions installed the native engine into the extension's own storage, where the command did not find it. */
export function adoptEarlier(context: vscode.ExtensionContext, log: vscode.LogOutputChannel): void {
  const earlier = join(context.globalStorageUri.fsPath, 'native');
  try {
    if (adoptNativeInstall(nativeHome(), earlier)) {
      log.info(`The native engine in ${earlier} is now used by the adept command, too (${nativeHome()}).`);
    }
  } catch (error) {
    log.warn(`The native engine in ${earlier} cannot be used: set it up again.`, error);
  }
}
