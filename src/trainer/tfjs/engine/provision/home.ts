import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * The folder of the native engines: `$ADEPT_HOME/native`, or else the per-user data folder of the platform
 * (XDG base directory specification; `Library/Application Support`; `%LOCALAPPDATA%`).
 */
export function nativeHome(
  env: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  const own = nonEmpty(env.ADEPT_HOME);
  return own === undefined ? join(dataFolder(env, platform), 'adept', 'native') : join(own, 'native');
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
