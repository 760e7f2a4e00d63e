import { arch, cpus, homedir, platform, release, totalmem } from 'node:os';
import * as v from 'valibot';
import * as vscode from 'vscode';
import { messageOf } from '../../shared/common/errors';
import { EXTENSION_SETTINGS } from '../../shared/contributions/extensionSettings';
import { storageFolder, workspaceFolders } from '../window/folders';
import { recentErrors } from '../window/reportError';
import type { Services } from '../services/services';
import { readSetting } from '../window/settings';

const Manifest = v.object({ version: v.string() });
const ENGINE_MILLISECONDS = 30_000;

/** What a bug report needs; nothing of models, data or runs. */
async function diagnostics(services: Services): Promise<string> {
  const configuration = vscode.workspace.getConfiguration();
  const settings = Object.keys(EXTENSION_SETTINGS).map(
    (name) => `${name}: ${JSON.stringify(configuration.get(name))}`,
  );
  const { version } = v.parse(Manifest, services.context.extension.packageJSON);
  const states = services.runs.list.entries.map(({ state }) => state);
  return [
    `ADEPT ${version}`,
    `${vscode.env.appName} ${vscode.version} (${vscode.env.appHost}, remote: ${vscode.env.remoteName ?? 'none'})`,
    `Node.js ${process.version}, ${platform()} ${release()} ${arch()}`,
    `${String(cpus().length)} processors (${cpus()[0]?.model ?? 'unknown'}), ${(totalmem() / 2 ** 30).toFixed(1)} GiB of memory`,
    `workspace trusted: ${vscode.workspace.isTrusted}, folders: ${vscode.workspace.workspaceFolders?.length ?? 0}`,
    ...(await engineLines(services)),
    `runs: ${states.length === 0 ? 'none' : states.join(', ')}`,
    ...settings,
    ...recentErrors().map((error) => `error: ${error}`),
  ]
    .map(withoutPaths)
    .join('\n');
}

/** Which engine computes, as the trainer itself says it. */
async function engineLines(services: Services): Promise<string[]> {
  if (!vscode.workspace.isTrusted) {
    return ['engine: not asked in Restricted Mode'];
  }
  try {
    const engine = await services.jobs.quietly(
      {
        title: 'adept engine',
        args: ['engine', '--engine', readSetting('adept.engine', services.log)],
        cwd: storageFolder(services.context),
        purpose: { kind: 'engine' },
      },
      ENGINE_MILLISECONDS,
    );
    return Object.entries(engine).map(([name, value]) => `engine ${name}: ${JSON.stringify(value)}`);
  } catch (error) {
    return [`engine: ${messageOf(error)}`];
  }
}

/** Names of the person, the machine's folders and the project are nobody's business. */
function withoutPaths(line: string): string {
  const replacements: readonly [string, string][] = [
    ...workspaceFolders().map(({ uri }): [string, string] => [uri.fsPath, '<workspace>']),
    [homedir(), '~'],
  ];
  return replacements.reduce((text, [path, instead]) => text.replaceAll(path, instead), line);
}

export async function run(services: Services): Promise<void> {
  await vscode.env.clipboard.writeText(`${await diagnostics(services)}\n`);
  vscode.window.setStatusBarMessage(vscode.l10n.t('ADEPT: diagnostics copied'), 4000);
}
