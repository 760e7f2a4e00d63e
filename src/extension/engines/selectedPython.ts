import * as vscode from 'vscode';
import { messageOf } from '../../shared/common/errors';
import { pythonOfApi } from './pythonOfApi';

const PYTHON_EXTENSION = 'ms-python.python';
/** It looks for interpreters when it is activated, which a person need not wait for. */
const MILLISECONDS = 5000;

/** The interpreter that is selected in VS Code's Python extension; undefined where there is none, or it does not say. */
export async function selectedPython(log: vscode.LogOutputChannel): Promise<string | undefined> {
  const extension = vscode.extensions.getExtension<unknown>(PYTHON_EXTENSION);
  if (extension === undefined) {
    return undefined;
  }
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => {
      resolve(undefined);
    }, MILLISECONDS);
  });
  try {
    const api = await Promise.race([extension.activate(), late]);
    return pythonOfApi(api);
  } catch (error) {
    log.warn(`${PYTHON_EXTENSION} does not say which interpreter is selected: ${messageOf(error)}`);
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}
