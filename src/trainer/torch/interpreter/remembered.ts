import { existsSync, mkdirSync } from 'node:fs';
import {
  readTorchInstall,
  torchHome,
  torchInstallFile,
  type TorchInstallFile,
} from '../../../node/engines/torchInstall';
import { writeJson } from '../../../node/files/jsonFile';
import { failure } from '../../../shared/common/errors';
import { inspectPython, type UsablePython } from './inspect';

/** Makes an interpreter the one that is used from now on. */
export function rememberPython({ interpreter, ...found }: UsablePython): void {
  mkdirSync(torchHome(), { recursive: true });
  const file: TorchInstallFile = { format: 'adept.torch/2', python: interpreter, found };
  writeJson(torchInstallFile(), file);
}

/**
 * Asks the interpreter that an earlier version set up what it has, which that version did not remember.
 * @throws AdeptError (failure) when it lacks something
 */
export async function completeInstall(): Promise<void> {
  const install = readTorchInstall();
  if (install !== undefined && install.facts === undefined) {
    rememberPython(await inspectPython(install.interpreter));
  }
}

/** @throws AdeptError (failure) where no interpreter was set up, or the one that was is gone */
export function requirePython(): string {
  const python = readTorchInstall()?.interpreter;
  if (python === undefined) {
    throw failure('PyTorch is not set up: run "adept setup --torch" first, or choose another engine.');
  }
  if (!existsSync(python)) {
    throw failure(
      `${python}, the Python that was set up for PyTorch, is gone: run "adept setup --torch" again.`,
    );
  }
  return python;
}
