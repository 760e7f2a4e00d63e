import { join } from 'node:path';
import { describe, it } from 'node:test';
import { projectRoot } from '../support/projectRoot';
import { sharedData } from '../support/sharedData';
import { temporaryFolder } from '../support/temporaryFolder';
import { checkLogits } from './checkLogits';
import { ENGINES } from './engines';
import { randomSequences, writeRandomModel } from './randomModel';
import { RECIPE_NAMES, RECIPES } from './recipes';
import { idsOf, load } from '../support/corpora';

describe('logits are those of transformers in float32', () => {
  for (const engine of ENGINES) {
    for (const name of RECIPE_NAMES) {
      it(`${name}, ${engine.name}`, { skip: engine.skip }, async (t) => {
        const { vocab_size: vocabSize } = RECIPES[name].config;
        const folder = writeRandomModel(temporaryFolder(t), name);
        const sequences = randomSequences(1, [48, 17, 48, 2, 33], vocabSize);
        await checkLogits(t, engine, folder, sequences, vocabSize, `logits-${name}`);
      });
    }

    it(`stories260K, ${engine.name}`, { skip: engine.skip }, async (t) => {
      const folder = sharedData(t, 'stories260K');
      const stories = sharedData(t, 'tinystories', 'stories.jsonl');
      if (folder === undefined || stories === undefined) {
        return;
      }
      const request = { paths: [stories], folder, seqLen: 256, maxSequences: 2, vocabSize: 512 };
      const { sequences } = await load(request);
      await checkLogits(t, engine, folder, idsOf(sequences), 512, 'logits-stories260K');
    });

    it(`the sample, ${engine.name}`, { skip: engine.skip }, async (t) => {
      const folder = join(projectRoot, 'media/sample/model');
      const paths = [join(projectRoot, 'media/sample/domain-eval.jsonl')];
      const { sequences } = await load({ paths, folder, seqLen: 128, maxSequences: 3, vocabSize: 512 });
      await checkLogits(t, engine, folder, idsOf(sequences), 512, 'logits-sample');
    });
  }
});
