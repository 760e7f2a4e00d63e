import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { readJson } from '../../src/node/files/jsonFile';
import { parseWith } from '../../src/shared/common/parse';
import { Bfloat16Figures, CompileFigures, FaultFigures, FIGURES } from '../bench/torch/figures';
import {
  bfloat16Problems,
  compileProblems,
  momentProblems,
  withBfloat16,
  withCompile,
  withFaults,
} from '../bench/torch/page';

const page = readFileSync(FIGURES.page, 'utf8');
const bfloat16 = parseWith(Bfloat16Figures, readJson(FIGURES.bfloat16), FIGURES.bfloat16);
const compile = parseWith(CompileFigures, readJson(FIGURES.compile), FIGURES.compile);
const faults = parseWith(FaultFigures, readJson(FIGURES.faults), FIGURES.faults);

describe('docs/torch.md', () => {
  it('shows what was measured: run npm run torch:bfloat16, torch:compile and torch:faults, which write its tables', () => {
    assert.equal(withBfloat16(page, bfloat16), page);
    assert.equal(withCompile(page, compile), page);
    assert.equal(withFaults(page, faults), page);
  });

  it('is of compiled layers that compute what others do', () => {
    assert.deepEqual(compileProblems(compile), []);
  });

  it('is of bfloat16 within 0.01 nats of float32 after 200 steps, in which every trained tensor moved', () => {
    assert.equal(bfloat16.steps, 200);
    assert.deepEqual(bfloat16Problems(bfloat16), []);
  });

  it('is of at least thirty moments, of every kind and in every phase, each of which came out as it has to', () => {
    assert.ok(faults.moments.length >= 30);
    for (const kind of ['kill a rank', 'stop a rank', 'kill the trainer']) {
      assert.ok(faults.moments.filter(({ what }) => what === kind).length >= 5, kind);
    }
    for (const part of ['start', 'analysis', 'tuning', 'evaluation', 'checkpoint']) {
      assert.ok(faults.moments.filter(({ phase }) => phase === part).length >= 5, part);
    }
    assert.ok(faults.moments.some(({ rank }) => rank === 0) && faults.moments.some(({ rank }) => rank === 2));
    assert.deepEqual(faults.moments.flatMap(momentProblems), []);
  });
});
