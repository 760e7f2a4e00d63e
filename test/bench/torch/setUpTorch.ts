import * as v from 'valibot';
import { adeptResult } from '../../support/command';
import { TORCH_PYTHON } from '../../support/torchPython';

const SetUp = v.object({ versions: v.object({ torch: v.string(), transformers: v.string() }) });

/** Sets the Python of the tests up in this command's own ADEPT_HOME. @returns what it has */
export async function setUpTorch(): Promise<v.InferOutput<typeof SetUp>['versions']> {
  return v.parse(SetUp, await adeptResult(['setup', '--torch', '--python', TORCH_PYTHON], { env: {} }))
    .versions;
}
