import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { messageOf } from '../../shared/common/errors';
import { TorchFacts } from '../../shared/engines/engineState';
import { parseWith } from '../../shared/common/parse';
import { adeptHome } from '../files/adeptHome';
import { readJson } from '../files/jsonFile';

const interpreter = v.pipe(v.string(), v.nonEmpty());
/** torch.json: the interpreter that was set up, by its absolute path, and what it was seen to have. */
export const TorchInstallFile = v.object({
  format: v.literal('adept.torch/2'),
  python: interpreter,
  found: TorchFacts,
});
export type TorchInstallFile = v.InferOutput<typeof TorchInstallFile>;
/** It did not say what the interpreter has. */
const FirstInstallFile = v.object({ format: v.literal('adept.torch/1'), python: interpreter });

/** The Python that was set up for the engine torch. */
export interface TorchInstall {
  readonly interpreter: string;
  /** Unknown where an earlier version set it up. */
  readonly facts?: TorchFacts;
}

export interface TorchInspection {
  readonly install?: TorchInstall;
  /** Why what was set up cannot be used, and what to do; absent when nothing was. */
  readonly problem?: string;
}

/** The folder of what `adept setup --torch` keeps: which interpreter is used, and perhaps an environment of its own. */
export function torchHome(): string {
  return join(adeptHome(), 'torch');
}

export function torchInstallFile(): string {
  return join(torchHome(), 'torch.json');
}

/**
 * The interpreter that was set up last, whether it is still there or not; undefined where none was.
 * @throws AdeptError (input) when the file that says so cannot be read
 */
export function readTorchInstall(): TorchInstall | undefined {
  const file = torchInstallFile();
  if (!existsSync(file)) {
    return undefined;
  }
  const value = readJson(file);
  if (v.is(FirstInstallFile, value)) {
    return { interpreter: value.python };
  }
  const { python, found } = parseWith(TorchInstallFile, value, `${file} (adept setup --torch writes it)`);
  return { interpreter: python, facts: found };
}

/** As {@link readTorchInstall}; never throws, since a broken file must not stop what can do without. */
export function inspectTorchInstall(): TorchInspection {
  try {
    const install = readTorchInstall();
    if (install === undefined) {
      return {};
    }
    return existsSync(install.interpreter)
      ? { install }
      : {
          problem: `${install.interpreter}, the Python that was set up for PyTorch, is gone: set it up again.`,
        };
  } catch (error) {
    return { problem: messageOf(error) };
  }
}

/** How many GPUs the engine torch will use: none where ADEPT_DEVICE keeps it from them. */
export function torchGpus(facts: TorchFacts | undefined, env: NodeJS.ProcessEnv = process.env): number {
  return env.ADEPT_DEVICE === 'cpu' ? 0 : (facts?.gpus ?? 0);
}
