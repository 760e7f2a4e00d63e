import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { TensorStore } from '../../src/trainer/safetensors/safetensors';
import { sha256OfTensor } from '../../src/trainer/safetensors/checksum';
import { PATH_KEYS } from './jobs';

/**
 * A hash of everything a reference result depends on: the request, with what its paths lead to in place of the paths.
 * A golden value is good for exactly these inputs.
 */
export function inputDigest(job: string, request: Readonly<Record<string, unknown>>): string {
  const inputs = Object.fromEntries(
    Object.entries(request).map(([key, value]) => [
      key,
      PATH_KEYS.has(key) && typeof value === 'string' ? pathDigest(value) : value,
    ]),
  );
  return sha256(canonical({ job, inputs }));
}

function pathDigest(path: string): string {
  if (!statSync(path).isDirectory()) {
    return sha256(readFileSync(path));
  }
  return existsSync(join(path, 'config.json')) ? modelDigest(path) : digestOfEach(path);
}

/** Of a folder of models. */
function digestOfEach(folder: string): string {
  return sha256(
    canonical(
      readdirSync(folder)
        .sort()
        .map((name) => [name, pathDigest(join(folder, name))]),
    ),
  );
}

/** Configuration and tensors, however they are spread over files. */
function modelDigest(folder: string): string {
  const config: unknown = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'));
  const store = TensorStore.open(folder);
  try {
    const tensors = [...store.entries.values()]
      .map(({ name, dtype, shape }) => [name, dtype, shape.join('x'), sha256OfTensor(store, name)].join(' '))
      .sort();
    return sha256(canonical({ config, tensors }));
  } finally {
    store.close();
  }
}

/** JSON with sorted keys. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
