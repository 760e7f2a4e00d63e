import { homedir } from 'node:os';
import { join } from 'node:path';

/** Gigabytes that stored texts may take together, unless `ADEPT_TEXT_CACHE_GB` says otherwise. */
const DEFAULT_LIMIT_GB = 50;

/**
 * Where tokenised texts are kept, by the command and the editor alike: `$ADEPT_TEXT_CACHE`, or else the per-user cache folder of
 * the platform (XDG base directory specification; `Library/Caches`; `%LOCALAPPDATA%`).
 */
export function textCacheFolder(
  env: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  return nonEmpty(env.ADEPT_TEXT_CACHE) ?? join(cacheFolder(env, platform), 'adept', 'texts');
}

/** Bytes that stored texts may take together. */
export function textCacheLimit(env: NodeJS.ProcessEnv = process.env): number {
  const given = Number(nonEmpty(env.ADEPT_TEXT_CACHE_GB) ?? NaN);
  return (given >= 0 ? given : DEFAULT_LIMIT_GB) * 1e9;
}

function cacheFolder(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): string {
  if (platform === 'darwin') {
    return join(homedir(), 'Library', 'Caches');
  }
  if (platform === 'win32') {
    return nonEmpty(env.LOCALAPPDATA) ?? join(homedir(), 'AppData', 'Local');
  }
  return nonEmpty(env.XDG_CACHE_HOME) ?? join(homedir(), '.cache');
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === undefined || value === '' ? undefined : value;
}
