import type { Vocabulary } from './vocabulary';

/**
 * Tokens that end a turn of a conversation, each with those that end a text in vocabularies of the same kind, as their makers
 * name them. A chat model's tokenizer has the former for its `eos_token`; text in pretraining ends in the latter.
 */
const TEXT_ENDS: Readonly<Record<string, readonly string[]>> = {
  // Qwen (Qwen3 technical report, arXiv 2505.09388: tokenizer_config.json of Qwen3-8B and of Qwen3-8B-Base), SmolLM2-Instruct,
  // Yi and others with ChatML; InternLM2 has ChatML with LLaMA's </s>.
  '<|im_end|>': ['<|endoftext|>', '<|end_of_text|>', '</s>'],
  // Llama 3 and 4 (model cards and prompt formats: "<|end_of_text|>" ends what a base model writes).
  '<|eot_id|>': ['<|end_of_text|>'],
  '<|eom_id|>': ['<|end_of_text|>'],
  '<|eot|>': ['<|end_of_text|>'],
  // Gemma (formatting and system instructions: <end_of_turn> in dialogue, <eos> behind a text).
  '<end_of_turn>': ['<eos>'],
  '<turn|>': ['<eos>'],
  // Phi-3 and Phi-4-mini (added_tokens.json); Phi-4 has ChatML.
  '<|end|>': ['<|endoftext|>'],
  // gpt-oss (the harmony response format: <|return|> ends an answer).
  '<|return|>': ['<|endoftext|>'],
  // Command R (tokenizer_config.json).
  '<|END_OF_TURN_TOKEN|>': ['<EOS_TOKEN>'],
  // GLM-4 (generation_config.json: a user's turn ends the answer).
  '<|user|>': ['<|endoftext|>'],
};

/** The id that ends a text where `token` ends a turn; undefined where it does not, or there is none. */
export function endOfTextFor(token: string, vocabulary: Vocabulary): number | undefined {
  const end = TEXT_ENDS[token]?.find((candidate) => vocabulary.isAdded(candidate));
  return end === undefined ? undefined : vocabulary.idOf(end);
}
