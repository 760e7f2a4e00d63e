import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { analyzeArguments } from '../../../src/extension/analysis/analysisRequest';
import { analyzeCommand } from '../../../src/cli/commands/analyze';

describe('a request to analyze', () => {
  it('becomes the arguments of the command, with the settings that are given', () => {
    const base = { model: '/m', probe: ['/a.txt', '/b.txt'], out: '/o.json' };
    assert.deepEqual(analyzeArguments(base), [
      ...['analyze', '--model', '/m', '--probe', '/a.txt', '/b.txt', '--out', '/o.json'],
      ...['--engine', 'auto'],
    ]);
    const all = {
      ...base,
      engine: 'wasm',
      mode: 'fast',
      seqLen: 64,
      maxSequences: 8,
      sampling: 'spread',
      stableFor: 16,
      batchSize: 2,
      parts: true,
    } as const;
    assert.deepEqual(analyzeArguments(all).slice(8), [
      ...['--engine', 'wasm', '--mode', 'fast'],
      ...['--seq-len', '64', '--max-sequences', '8', '--sampling', 'spread', '--batch-size', '2', '--parts'],
      ...['--stable-for', '16'],
    ]);
    const domain = analyzeArguments({ ...base, domain: ['/d.txt'], parts: false });
    assert.deepEqual(domain.slice(4), [
      ...['/a.txt', '/b.txt', '--domain', '/d.txt', '--out', '/o.json', '--engine', 'auto'],
    ]);
  });

  it('is understood by the command', () => {
    const args = analyzeArguments({
      ...{ model: '/m', probe: ['/a.txt', '/b.txt'], out: '/o.json' },
      ...{ engine: 'wasm', mode: 'fast', seqLen: 64, maxSequences: 8, batchSize: 2 },
    });
    const command = analyzeCommand();
    command.exitOverride().action(() => undefined);
    command.parse(args.slice(1), { from: 'user' });
    const options: Record<string, unknown> = command.opts();
    assert.deepEqual(options, {
      ...{ model: '/m', probe: ['/a.txt', '/b.txt'], out: '/o.json', engine: 'wasm' },
      ...{ mode: 'fast', seqLen: 64, maxSequences: 8, batchSize: 2 },
    });
  });
});
