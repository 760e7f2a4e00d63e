import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { analyze } from '../../../src/trainer/jobs/measure/analyze';
import type { Engine } from '../../../src/trainer/tfjs/engine/engine';
import { TfjsExecutor } from '../../../src/trainer/tfjs/tfjsExecutor';
import { SILENT_TASK } from '../../../src/trainer/task';
import { onEveryEngine } from '../../support/engines';
import { projectRoot } from '../../support/projectRoot';
import { analyzeSettings } from '../../support/settings';
import { temporaryFolder } from '../../support/temporaryFolder';

const MODEL = join(projectRoot, 'media/sample/model');

/** What importance.json says of a probe, measured on one sequence of it. */
async function probeOf(engine: Engine, t: TestContext, content: string): Promise<Record<string, unknown>> {
  const folder = temporaryFolder(t);
  const file = join(folder, 'a.jsonl');
  writeFileSync(file, content);
  const request = {
    model: MODEL,
    probe: [file],
    settings: analyzeSettings({ mode: 'fast', seqLen: 4, maxSequences: 1, batchSize: 1 }),
    scratch: folder,
  };
  const { sources, ...probe } = (await analyze(new TfjsExecutor(engine), request, SILENT_TASK)).probe;
  assert.deepEqual(sources, [file]);
  return probe;
}

onEveryEngine('what importance was measured on', (test) => {
  const measured = { sequences: 1, tokens: 4, seqLen: 4, batchSize: 1 };

  test('is said of text with what frames its documents', async (engine, t) => {
    const probe = await probeOf(engine, t, '{"text":"a cough, a cold, and a fever"}\n');
    assert.deepEqual(probe, { ...measured, documentStart: '<s>', documentEnd: '' });
  });

  test('goes by the name that was given, also where the same was read before under another', async (engine, t) => {
    const text = '{"text":"the same text twice"}\n';
    assert.deepEqual(await probeOf(engine, t, text), await probeOf(engine, t, text));
  });

  test('has heads and groups of neurons within its units where they are asked for', async (engine, t) => {
    const folder = temporaryFolder(t);
    const file = join(folder, 'a.jsonl');
    writeFileSync(file, '{"tokens":[1,2,3,4]}\n');
    const counts = async (parts: boolean): Promise<(number | undefined)[]> => {
      const settings = analyzeSettings({ mode: 'fast', seqLen: 4, batchSize: 1, parts });
      const { units } = await analyze(
        new TfjsExecutor(engine),
        { model: MODEL, probe: [file], settings, scratch: folder },
        SILENT_TASK,
      );
      return ['self_attn.q_proj', 'mlp.up_proj', 'input_layernorm'].map(
        (name) => units.find((unit) => unit.name === name)?.parts?.length,
      );
    };
    const { num_attention_heads: heads } = JSON.parse(readFileSync(join(MODEL, 'config.json'), 'utf8')) as {
      num_attention_heads: number;
    };
    const [ofQueries, ofNeurons = 0, ofNorm] = await counts(true);
    assert.deepEqual([ofQueries, ofNeurons > 1, ofNorm], [heads, true, undefined]);
    assert.deepEqual(await counts(false), [undefined, undefined, undefined]);
  });

  test('is said of rows of ids, which nothing frames', async (engine, t) => {
    assert.deepEqual(await probeOf(engine, t, '{"tokens":[1,2,3,4]}\n'), measured);
  });
});
