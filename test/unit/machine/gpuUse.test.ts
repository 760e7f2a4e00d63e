import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { gpusIn, gpuUse } from '../../../src/node/machine/gpuUse';
import { temporaryFolder } from '../../support/temporaryFolder';

const signal = new AbortController().signal;

describe('what nvidia-smi says of GPUs', () => {
  it('is one of each line, in bytes, without what a GPU does not say', () => {
    const csv = [
      '0, NVIDIA H200, 1024, 143771, 97',
      '1, NVIDIA H200, 0, 143771, 0',
      '2, NVIDIA H200 MIG 1g.18gb, 512, 16384, [N/A]',
      '3, Tesla K80, [Not Supported], [Not Supported], [Unknown Error]',
      '4, A name, with a comma, 1, 2, 3',
      '',
    ].join('\n');
    assert.deepEqual(gpusIn(csv), [
      {
        index: 0,
        name: 'NVIDIA H200',
        memoryUsedBytes: 2 ** 30,
        memoryTotalBytes: 143771 * 2 ** 20,
        utilizationPercent: 97,
      },
      {
        index: 1,
        name: 'NVIDIA H200',
        memoryUsedBytes: 0,
        memoryTotalBytes: 143771 * 2 ** 20,
        utilizationPercent: 0,
      },
      { index: 2, name: 'NVIDIA H200 MIG 1g.18gb', memoryUsedBytes: 2 ** 29, memoryTotalBytes: 2 ** 34 },
      { index: 3, name: 'Tesla K80' },
      {
        index: 4,
        name: 'A name, with a comma',
        memoryUsedBytes: 2 ** 20,
        memoryTotalBytes: 2 ** 21,
        utilizationPercent: 3,
      },
    ]);
  });

  it('is nothing where it says something else', () => {
    assert.deepEqual(gpusIn('No devices were found\r\n'), []);
    assert.deepEqual(gpusIn(''), []);
  });

  it('is that there is none, where the program is missing, and an error where it fails', async (t) => {
    const folder = temporaryFolder(t);
    assert.equal(await gpuUse({ signal, command: join(folder, 'nvidia-smi') }), 'missing');
    const command = join(folder, 'fails');
    writeFileSync(command, '#!/bin/sh\necho "driver mismatch"\nexit 9\n');
    chmodSync(command, 0o755);
    if (process.platform !== 'win32') {
      await assert.rejects(gpuUse({ signal, command }));
    }
  });
});
