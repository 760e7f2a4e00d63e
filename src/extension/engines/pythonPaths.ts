import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';

/** What is used of the API of VS Code's Python extension. */
const PythonApi = v.object({ environments: v.object({ getActiveEnvironmentPath: v.function() }) });
const EnvironmentPath = v.object({ path: v.pipe(v.string(), v.nonEmpty()) });

/** What that extension's API names: an interpreter, or the folder of an environment. */
export function pythonOfApi(api: unknown): string | undefined {
  if (!v.is(PythonApi, api)) {
    return undefined;
  }
  const answer = v.safeParse(EnvironmentPath, api.environments.getActiveEnvironmentPath());
  return answer.success ? interpreterAt(answer.output.path) : undefined;
}

/** The interpreter of the environment that VS Code was started in. */
export function activePython(env: NodeJS.ProcessEnv): string | undefined {
  return [env.VIRTUAL_ENV, env.CONDA_PREFIX]
    .filter((folder) => folder !== undefined && folder !== '')
    .flatMap((folder) => interpreterAt(folder ?? '') ?? [])
    .at(0);
}

/** A path of an interpreter or of its environment; undefined where nothing is there. */
function interpreterAt(path: string): string | undefined {
  if (!existsSync(path)) {
    return undefined;
  }
  const python = statSync(path).isDirectory() ? join(path, 'bin', 'python') : path;
  return existsSync(python) ? python : undefined;
}
