// `npm run bench:gpu`: what one GPU does (python/bench/gpu.py): parity in float32, then speed and memory of ADEPT, of full training and
// of exact importance on a Qwen3-1.7B-shaped model in bfloat16. At most 8 minutes. Writes docs/gpu.json and the tables of docs/gpu.md.
//
//   npm run bench:gpu -- --python PATH    a Python with torch and transformers (default: python3)
//   npm run bench:gpu -- --rehearse       a small model on whatever there is; prints, and writes nothing
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { writeGpuPage } from './gpu/page.mjs';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const { values } = parseArgs({
  options: { python: { type: 'string', default: 'python3' }, rehearse: { type: 'boolean', default: false } },
});
const folder = mkdtempSync(join(tmpdir(), 'adept-gpu-'));
const out = join(folder, 'gpu.json');
try {
  const { status, error } = spawnSync(
    values.python,
    ['-m', 'bench.gpu', '--out', out, ...(values.rehearse ? ['--rehearse'] : [])],
    {
      cwd: root,
      stdio: 'inherit',
      env: {
        ...process.env,
        HF_HUB_OFFLINE: '1',
        PYTHONDONTWRITEBYTECODE: '1',
        PYTHONPATH: [join(root, 'python'), process.env.PYTHONPATH ?? '']
          .filter((path) => path !== '')
          .join(delimiter),
      },
    },
  );
  if (error !== undefined || status !== 0) {
    console.error(
      `adept: ${values.python} did not measure${error ? ` (${error.message})` : ''}: name a Python with --python.`,
    );
    process.exitCode = status ?? 1;
  } else if (!values.rehearse) {
    writeFileSync(join(root, 'docs', 'gpu.json'), readFileSync(out));
    writeGpuPage(root);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
