import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { analyze } from '../../../src/trainer/jobs/measure/analyze';
import type { Engine } from '../../../src/trainer/engine/engine';
import { SILENT_TASK } from '../../../src/trainer/task';
import { onEveryEngine } from '../../support/engines';
import { projectRoot } from '../../support/projectRoot';
import { analyzeSettings } from '../../support/settings';
import { temporaryFolder } from '../../support/temporaryFolder';

/** What importance.json says of a probe, measured on one sequence of it. */
async function probeOf(engine: Engine, t: TestContext, content: string): Promise<Record<string, unknown>> {
  const folder = temporaryFolder(t);
  const file = join(folder, 'a.jsonl');
  writeFileSync(file, content);
  const request = {
    model: join(projectRoot, 'media/sample/model'),
    probe: [file],
    settings: analyzeSettings({ mode: 'fast', seqLen: 4, maxSequences: 1, batchSize: 1 }),
    scratch: folder,
  };
  const { sources, ...probe } = (await analyze(engine, request, SILENT_TASK)).probe;
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

  test('is said of rows of ids, which nothing frames', async (engine, t) => {
    assert.deepEqual(await probeOf(engine, t, '{"tokens":[1,2,3,4]}\n'), measured);
  });
});
