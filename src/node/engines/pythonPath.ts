import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** The interpreter at a path, which may be that of its environment's folder; undefined where nothing is there. */
export function interpreterAt(path: string): string | undefined {
  if (!existsSync(path)) {
    return undefined;
  }
  const python = statSync(path).isDirectory() ? join(path, 'bin', 'python') : path;
  return existsSync(python) ? python : undefined;
}

/** The interpreter of the virtual environment that a process was started in. */
export function activePython(env: NodeJS.ProcessEnv): string | undefined {
  return [env.VIRTUAL_ENV, env.CONDA_PREFIX]
    .flatMap((folder) => (folder === undefined || folder === '' ? [] : (interpreterAt(folder) ?? [])))
    .at(0);
}
