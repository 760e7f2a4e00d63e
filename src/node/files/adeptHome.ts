import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * Where engines are installed: `$ADEPT_HOME`, or else the per-user data folder of the platform (XDG base directory
 * specification; `Library/Application Support`; `%LOCALAPPDATA%`).
 */
export function adeptHome(
  env: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  return nonEmpty(env.ADEPT_HOME) ?? join(dataFolder(env, platform), 'adept');
}

function dataFolder(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): string {
  if (platform === 'darwin') {
    return join(homedir(), 'Library', 'Application Support');
  }
  if (platform === 'win32') {
    return nonEmpty(env.LOCALAPPDATA) ?? join(homedir(), 'AppData', 'Local');
  }
  return nonEmpty(env.XDG_DATA_HOME) ?? join(homedir(), '.local', 'share');
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === undefined || value === '' ? undefined : value;
}
