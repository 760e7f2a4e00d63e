import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { adeptHome } from '../../../node/files/adeptHome';
import { readJson, writeJson } from '../../../node/files/jsonFile';
import { failure } from '../../../shared/common/errors';
import { parseWith } from '../../../shared/common/parse';

const Remembered = v.object({
  format: v.literal('adept.torch/1'),
  /** Absolute path of an interpreter that was seen to have what the executor needs. */
  python: v.pipe(v.string(), v.nonEmpty()),
});

/** The folder of what `adept setup --torch` keeps: which interpreter is used, and perhaps an environment of its own. */
export function torchHome(): string {
  return join(adeptHome(), 'torch');
}

function file(): string {
  return join(torchHome(), 'torch.json');
}

/**
 * The interpreter that was set up last; undefined where none was.
 * @throws AdeptError (input) when the file that says so cannot be read
 */
export function rememberedPython(): string | undefined {
  return existsSync(file())
    ? parseWith(Remembered, readJson(file()), `${file()} (adept setup --torch writes it)`).python
    : undefined;
}

export function rememberPython(python: string): void {
  mkdirSync(torchHome(), { recursive: true });
  writeJson(file(), { format: 'adept.torch/1', python } satisfies v.InferOutput<typeof Remembered>);
}

/** @throws AdeptError (failure) where no interpreter was set up, or the one that was is gone */
export function requirePython(): string {
  const python = rememberedPython();
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
