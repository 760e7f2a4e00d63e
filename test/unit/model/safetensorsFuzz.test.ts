import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { AdeptError } from '../../../src/shared/common/errors';
import { TensorStore } from '../../../src/trainer/safetensors/safetensors';
import {
  float32Source,
  writeSafetensors,
  zeroSource,
} from '../../../src/trainer/safetensors/safetensorsWriter';
import { seededRandom } from '../../../src/shared/common/random';
import { temporaryFolder } from '../../support/temporaryFolder';

const MUTATIONS = 400;
const TOKENS = [
  '0',
  '-1',
  '1e99',
  '9007199254740993',
  'null',
  '[]',
  '{}',
  '"',
  '"F16"',
  '"BF16"',
  '"__metadata__"',
  ',',
  ':',
];

type Random = (below: number) => number;

/** Changes some bytes anywhere, cuts or lengthens the file, or swaps pieces of the header for other JSON. */
function mutate(original: Buffer, random: Random): Buffer {
  const bytes = Buffer.from(original);
  switch (random(5)) {
    case 0:
      return bytes.subarray(0, random(bytes.length));
    case 1:
      return Buffer.concat([bytes, Buffer.alloc(1 + random(64), random(256))]);
    case 2:
      bytes[random(8)] = random(256);
      return bytes;
    case 3: {
      for (let i = 0; i <= random(4); i++) {
        bytes[random(bytes.length)] = random(256);
      }
      return bytes;
    }
    default:
      return withHeader(bytes, random);
  }
}

/** Replaces a number or a quoted text of the header, and corrects the header's length so that it is read. */
function withHeader(bytes: Buffer, random: Random): Buffer {
  const length = Number(bytes.readBigUInt64LE(0));
  const header = bytes.toString('latin1', 8, 8 + length);
  const tokens = [...header.matchAll(/\d+|"[^"]*"/g)];
  const found = tokens[random(tokens.length)];
  const token = random(3) === 0 ? String(random(200)) : (TOKENS[random(TOKENS.length)] ?? '');
  const start = found?.index ?? 0;
  const changed = header.slice(0, start) + token + header.slice(start + (found?.[0].length ?? 0));
  const lengthBytes = Buffer.alloc(8);
  lengthBytes.writeBigUInt64LE(BigInt(changed.length));
  return Buffer.concat([lengthBytes, Buffer.from(changed, 'latin1'), bytes.subarray(8 + length)]);
}

/** Opens a file and reads all of it, as far as it can be read. */
function readAll(file: string): 'read' | 'refused' {
  let store: TensorStore | undefined;
  try {
    store = TensorStore.openFile(file);
    for (const { name, dtype } of store.entries.values()) {
      assert.ok(store.readBytes(name).length <= 4096);
      if (dtype === 'F32' || dtype === 'F16' || dtype === 'BF16') {
        store.readFloat32(name);
      }
    }
    return 'read';
  } catch (error) {
    assert.ok(error instanceof AdeptError, error instanceof Error ? error.stack : String(error));
    assert.equal(error.exitStatus, 2, error.message);
    assert.ok(error.message.includes(file));
    return 'refused';
  } finally {
    store?.close();
  }
}

describe('a damaged safetensors file', () => {
  it(`is read or refused in one sentence (${MUTATIONS} seeded mutations)`, (t) => {
    const file = join(temporaryFolder(t), 'model.safetensors');
    writeSafetensors(
      file,
      [
        float32Source('model.embed_tokens.weight', [4, 6], new Float32Array(24).fill(0.5)),
        zeroSource('model.layers.0.self_attn.q_proj.weight', 'BF16', [6, 6]),
        zeroSource('model.norm.weight', 'F16', [6]),
        zeroSource('mask', 'U8', [5]),
      ],
      { format: 'pt' },
    );
    const original = readFileSync(file);
    assert.equal(readAll(file), 'read');
    const next = seededRandom(2025);
    const random = (below: number): number => Math.floor(next() * below);
    const outcomes = { read: 0, refused: 0 };
    for (let i = 0; i < MUTATIONS; i++) {
      writeFileSync(file, mutate(original, random));
      outcomes[readAll(file)] += 1;
    }
    t.diagnostic(`${outcomes.read} read, ${outcomes.refused} refused`);
    assert.ok(outcomes.read > 10 && outcomes.refused > 200);
  });
});
