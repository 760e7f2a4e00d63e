import { arch, cpus, platform, release, totalmem } from 'node:os';
import * as v from 'valibot';
import * as vscode from 'vscode';
import { EXTENSION_SETTINGS } from '../../shared/extensionSettings';
import type { Services } from '../services';

const Manifest = v.object({ version: v.string() });

/** What a bug report needs; nothing of models, data or runs. */
export function diagnostics({ context }: Pick<Services, 'context'>): string {
  const configuration = vscode.workspace.getConfiguration();
  const settings = Object.keys(EXTENSION_SETTINGS).map(
    (name) => `${name}: ${JSON.stringify(configuration.get(name))}`,
  );
  const { version } = v.parse(Manifest, context.extension.packageJSON);
  return [
    `ADEPT ${version}`,
    `${vscode.env.appName} ${vscode.version} (${vscode.env.appHost}, remote: ${vscode.env.remoteName ?? 'none'})`,
    `Node.js ${process.version}, ${platform()} ${release()} ${arch()}`,
    `${String(cpus().length)} processors (${cpus()[0]?.model ?? 'unknown'}), ${(totalmem() / 2 ** 30).toFixed(1)} GiB of memory`,
    `workspace trusted: ${vscode.workspace.isTrusted}, folders: ${vscode.workspace.workspaceFolders?.length ?? 0}`,
    ...settings,
  ].join('\n');
}

export async function run(services: Services): Promise<void> {
  await vscode.env.clipboard.writeText(`${diagnostics(services)}\n`);
  vscode.window.setStatusBarMessage(vscode.l10n.t('ADEPT: diagnostics copied'), 4000);
}
