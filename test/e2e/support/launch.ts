import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { projectRoot } from '../../support/projectRoot';
import { vscode } from './provided';
import { freePort, type Server, startServer } from './server';

/** What keeps VS Code quiet and its windows alike. */
const SETTINGS = {
  'workbench.startupEditor': 'none',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.colorTheme': 'Light Modern',
  'workbench.tips.enabled': false,
  'workbench.editor.useModal': 'off',
  'chat.disableAIFeatures': true,
  'telemetry.telemetryLevel': 'off',
  'files.simpleDialog.enable': true,
  // Without a GPU every frame of an animation is drawn by the processor.
  'workbench.reduceMotion': 'on',
  'editor.cursorBlinking': 'solid',
  // VS Code reads the messages of a browser's window one by one, each through the browser's process. Beside a training that has the
  // processors it reads some fifteen in a second, and each write to a file that it watches makes three of them, for as long as steps go
  // on: a command then waits behind all of it. Elsewhere the window has a processor of its own.
  'files.watcherExclude': {
    '**/events.ndjson': true,
    '**/trainer.json': true,
    '**/*.log': true,
    '**/checkpoints/**': true,
  },
};

export interface LaunchOptions {
  /** A folder that is copied to be the workspace; an empty one when left out. */
  readonly workspace?: string;
  /** User settings beside the ones that keep VS Code quiet. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** The person's own keybindings. */
  readonly keybindings?: readonly { readonly key: string; readonly command: string }[];
  /** Environment of the server, which the extension host and the trainers inherit. */
  readonly env?: Readonly<Record<string, string>>;
  /** The module whose `run` VS Code calls in the extension host. */
  readonly tests?: string;
  /** Of the window; as large as people have it when left out. */
  readonly viewport?: { readonly width: number; readonly height: number };
  /** A package that is installed as people do, instead of the extension under development. */
  readonly vsix?: string;
}

/** A started VS Code. */
export interface Launched {
  readonly server: Server;
  /** The opened folder. */
  readonly workspace: string;
  readonly settingsFile: string;
  /** Where installed extensions are. */
  readonly extensions: string;
  readonly address: string;
}

/** Starts VS Code's server on a free port, with a profile and a workspace of its own in a temporary folder. */
export async function launch(options: LaunchOptions): Promise<Launched> {
  const folder = mkdtempSync(join(tmpdir(), 'adept-vscode-'));
  const workspace = join(folder, 'workspace');
  mkdirSync(workspace);
  if (options.workspace !== undefined) {
    cpSync(options.workspace, workspace, { recursive: true });
  }
  const userFolder = join(folder, 'data/User');
  mkdirSync(userFolder, { recursive: true });
  const settingsFile = join(userFolder, 'settings.json');
  writeFileSync(settingsFile, JSON.stringify({ ...SETTINGS, ...options.settings }));
  writeFileSync(join(userFolder, 'keybindings.json'), JSON.stringify(options.keybindings ?? []));
  const port = await freePort();
  const server =
    options.vsix === undefined
      ? await startUnderDevelopment(folder, port, options)
      : await startInstalled(folder, port, options.vsix, options);
  const address = addressOf(port, workspace, options);
  return { server, workspace, settingsFile, extensions: join(folder, 'extensions'), address };
}

function addressOf(port: number, workspace: string, { tests, vsix }: LaunchOptions): string {
  const remote = (path: string): string => `vscode-remote://127.0.0.1:${port}${path}`;
  const payload = [
    ...(vsix === undefined ? [['extensionDevelopmentPath', remote(projectRoot)]] : []),
    ...(tests === undefined ? [] : [['extensionTestsPath', remote(tests)]]),
  ];
  const query = new URLSearchParams({ folder: workspace, payload: JSON.stringify(payload) });
  return `http://127.0.0.1:${port}/?${query.toString()}`;
}

function startUnderDevelopment(folder: string, port: number, { env }: LaunchOptions): Promise<Server> {
  const { node, server } = vscode();
  const args = [
    join(server, 'out/server-main.js'),
    ...['--host', '127.0.0.1', '--port', String(port)],
    ...['--server-data-dir', folder, '--extensions-dir', join(folder, 'extensions')],
    '--without-connection-token',
    // A built VS Code takes the extension under development from the address only with it.
    '--enable-smoke-test-driver',
    '--accept-server-license-terms',
    '--disable-telemetry',
  ];
  return startServer(folder, node, args, port, /Extension host agent listening/, env);
}

/** code-server with the package installed; its home is empty too, so that nothing of this machine helps. */
function startInstalled(folder: string, port: number, vsix: string, { env }: LaunchOptions): Promise<Server> {
  const { node, codeServer } = vscode();
  const home = join(folder, 'home');
  mkdirSync(home);
  const entry = join(codeServer, 'out/node/entry.js');
  const profile = [
    ...['--extensions-dir', join(folder, 'extensions'), '--user-data-dir', join(folder, 'data')],
    ...['--config', join(folder, 'config.yaml')],
  ];
  const install = spawnSync(node, [entry, '--install-extension', vsix, ...profile], {
    encoding: 'utf8',
    env: { ...process.env, HOME: home },
    cwd: dirname(vsix),
  });
  if (install.status !== 0 || !install.stdout.includes('successfully installed')) {
    throw new Error(`the package was not installed:\n${install.stdout}${install.stderr}`);
  }
  const args = [
    entry,
    ...profile,
    ...['--auth', 'none', '--bind-addr', `127.0.0.1:${port}`],
    '--disable-telemetry',
    '--disable-update-check',
    '--disable-getting-started-override',
  ];
  // An engine that ADEPT_HOME of whoever runs the tests has would help, too.
  const own = { HOME: home, ADEPT_HOME: join(home, 'adept') };
  return startServer(folder, node, args, port, /HTTP server listening on/, { ...own, ...env });
}
