import { parentPort, workerData } from 'node:worker_threads';
import { AdeptError, messageOf } from '../../../shared/common/errors';
import { BlockTokenizer, type TokenRecipe } from './blockTokens';
import type { BlockAnswer, BlockRequest } from './tokenWorkers';

// What a thread of TokenThreads runs. The recipe and the requests come from the same program, not over a border.
const tokenizer = new BlockTokenizer(workerData as TokenRecipe);

function answer({ block, where }: BlockRequest): BlockAnswer {
  try {
    return { tokens: tokenizer.tokenize(block, where) };
  } catch (error) {
    return {
      error: { message: messageOf(error), kind: error instanceof AdeptError ? error.kind : undefined },
    };
  }
}

parentPort?.on('message', (request: BlockRequest) => {
  const answered = answer(request);
  const parts =
    'tokens' in answered ? [answered.tokens.tokens, answered.tokens.ends, answered.tokens.rowTokens] : [];
  parentPort?.postMessage(
    answered,
    parts.map(({ buffer }) => buffer as ArrayBuffer),
  );
});
