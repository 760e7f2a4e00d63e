import * as v from 'valibot';
import { interpreterAt } from '../../node/engines/pythonPath';

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
