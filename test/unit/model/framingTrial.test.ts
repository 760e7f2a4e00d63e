import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULT_TEXT } from '../../../src/shared/texts/texts';
import { previewText } from '../../../src/trainer/jobs/texts/preview';
import { tryFramings } from '../../../src/trainer/jobs/texts/framingTrial';
import { TfjsExecutor } from '../../../src/trainer/tfjs/tfjsExecutor';
import { SILENT_TASK } from '../../../src/trainer/task';
import { onEveryEngine } from '../../support/engines';
import { writeShapedModel } from '../../support/shapedModel';
import { temporaryFolder } from '../../support/temporaryFolder';
import { characterTokenizer } from '../../support/tokenizers';

const SHAPE = { vocab: 1000, hidden: 8, mlp: 8, layers: 1, heads: 1, keyValueHeads: 1, tied: true };

onEveryEngine('the trial of framings', (test) => {
  test('tries nothing, and what was chosen', async (engine, t) => {
    const model = characterTokenizer(t);
    writeShapedModel(model, SHAPE);
    const file = join(temporaryFolder(t), 'a.jsonl');
    writeFileSync(file, ['ab', 'cd', 'ef'].map((text) => `${JSON.stringify({ text })}\n`).join(''));
    for (const documentStart of ['auto', 'none', '<s>']) {
      const files = { ...DEFAULT_TEXT, files: [file], documentStart };
      const request = { model, data: files, seqLen: 4, documents: 1, field: '--data' };
      const { store } = await previewText(request, SILENT_TASK);
      const chosen = { documentStart, documentEnd: 'auto' };
      const trial = await tryFramings(new TfjsExecutor(engine), model, store, chosen, SILENT_TASK);
      store.close();
      const start = documentStart === 'auto' ? '<s>' : documentStart;
      assert.deepEqual(
        trial?.framings.filter((framing) => framing.chosen).map((framing) => framing.documentStart),
        [start],
      );
      assert.ok(trial.framings.some((framing) => framing.documentStart === 'none'));
      assert.equal(trial.documents, 2);
    }
  });
});
