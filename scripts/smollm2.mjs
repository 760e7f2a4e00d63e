// `npm run smollm2`: SmolLM2-135M-Instruct as a Hugging Face folder in .cache/models, for the first run, benchmarks and
// studies on a real pretrained model. Made once, in the Python environment of the parity tests.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensurePython } from './python.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = join(root, '.cache/models/SmolLM2-135M-Instruct');

const found = await ensurePython();
if ('reason' in found) {
  process.stderr.write(`adept: SmolLM2 needs Python to be converted, and there is none: ${found.reason}\n`);
  process.exit(1);
}
const { status } = spawnSync(found.python, [join(root, 'scripts/smollm2.py'), folder], {
  stdio: ['ignore', process.stderr, 'inherit'],
});
if (status !== 0) {
  process.exit(1);
}
console.log(folder);
