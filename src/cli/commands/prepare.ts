import type { Command } from 'commander';
import { skippedOf } from '../../shared/texts/storedText';
import { readModelOutline } from '../../node/model/modelConfig';
import { peakMemory } from '../../node/process/peakMemory';
import { CorpusReader } from '../../trainer/jobs/texts/corpora';
import {
  addTextSettings,
  corpusOf,
  countOf,
  jsonCommand,
  parseNumber,
  requiredList,
  withOutput,
  modelOf,
  MODEL_DESCRIPTION,
} from '../common/options';

const USUAL_LENGTH = 256;

export function prepareCommand(): Command {
  const command = jsonCommand('prepare', 'tokenize a text and store its token IDs ahead of time')
    .option('--model <DIR>', `${MODEL_DESCRIPTION}; its tokenizer is used`)
    .option('--data <FILE...>', 'files, globs, or folders of shards')
    .option('--seq-len <N>', 'tokens per packed sequence (default: 256)', parseNumber);
  return addTextSettings(command).action(
    withOutput(async (output, raw) => {
      const model = modelOf(raw);
      const data = corpusOf(raw, requiredList(raw, 'data', '--data'));
      const config = readModelOutline(model);
      const seqLen =
        countOf(raw, 'seqLen', '--seq-len', 2) ?? Math.min(USUAL_LENGTH, config.maxPositionEmbeddings);
      const begin = performance.now();
      const reader = new CorpusReader(model, config, output.cancellableTask());
      const corpus = await reader.read(data, { seqLen }, '--data');
      const { documents, rows, tokens, rowTokens, skipped } = corpus.text;
      const result = {
        documents: documents + rows,
        ...{ skipped: skippedOf(skipped), skippedBy: skipped },
        ...{ tokens: tokens + rowTokens, sequences: corpus.sequences.size },
        seconds: (performance.now() - begin) / 1000,
        ...{ fromCache: corpus.fromCache, cache: corpus.cache ?? null },
        peakMemory: peakMemory(),
        documentStart: corpus.text.frame?.start ?? null,
        documentEnd: corpus.text.frame?.end ?? null,
      };
      const how = corpus.fromCache ? 'stored before' : `in ${result.seconds.toFixed(1)} s`;
      output.result(
        result,
        `${result.documents} documents, ${result.tokens} tokens, ${result.sequences} sequences of ${seqLen}, ${how}\n` +
          (corpus.cache === undefined ? 'not stored: see above' : `stored in ${corpus.cache}`),
      );
    }),
  );
}
