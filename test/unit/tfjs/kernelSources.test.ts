import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import {
  missingInstructions,
  kernelSources,
  kernelsName,
} from '../../../src/trainer/tfjs/engine/provision/kernels';
import { packageSources } from '../../../src/trainer/tfjs/engine/provision/sources';

const compiler = ['c++', 'g++', 'clang++'].find(
  (name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0,
);
const skip =
  process.arch !== 'x64' || compiler === undefined ? `no C++ compiler for x64 (${process.arch})` : false;

describe('the sources of the fused kernels', () => {
  it('compile without a warning', { skip }, () => {
    const sources = packageSources();
    const { status, stderr } = spawnSync(
      compiler ?? '',
      [
        ...['-std=c++17', '-fsyntax-only', '-Wall', '-Wextra', '-Wshadow', '-Werror', '-mavx2', '-mfma'],
        ...['-DNAPI_VERSION=8', `-I${sources.napiHeaders}`],
        ...kernelSources(sources).filter((path) => path.endsWith('.cc')),
      ],
      { encoding: 'utf8' },
    );
    assert.equal(stderr, '');
    assert.equal(status, 0);
  });

  it('give the compiled file its name, which is the same each time', () => {
    const name = kernelsName(packageSources());
    assert.match(name, /^adept_kernels-[0-9a-f]{12}\.node$/);
    assert.equal(kernelsName(packageSources()), name);
  });
});

describe('the instructions that kernels need', () => {
  it('are looked for in the flags of the processor, whole words', () => {
    assert.equal(missingInstructions('flags\t\t: fpu fma avx avx2 bmi2\n'), undefined);
    assert.equal(missingInstructions('flags\t\t: fpu avx avx2_other\n'), 'avx2 and fma');
    assert.equal(missingInstructions('flags\t\t: avx2\n'), 'fma');
    assert.equal(missingInstructions(''), 'avx2 and fma');
  });
});
