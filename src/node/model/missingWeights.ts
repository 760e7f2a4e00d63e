import { type AdeptError, inputError } from '../../shared/common/errors';

/** Weights that are not read, and how a model that can be is had: the end of a sentence. */
interface OtherFormat {
  readonly names: RegExp;
  readonly advice: string;
}

const OTHER_FORMATS: readonly OtherFormat[] = [
  {
    names: /^adapter_model\.(safetensors|bin)$/,
    advice: 'merge the adapter into its base model (peft: merge_and_unload, then save_pretrained).',
  },
  {
    names: /^pytorch_model.*\.bin$/,
    advice:
      'convert it to safetensors with transformers (AutoModelForCausalLM.from_pretrained, then save_pretrained).',
  },
  {
    names: /^consolidated.*\.(pth|safetensors)$/,
    advice:
      "convert it with the script of its family in transformers (convert_<family>_weights_to_hf.py), or give the folder that the Hub calls the model's transformers version.",
  },
  {
    names: /\.(gguf|ggml)$/,
    advice:
      'give the model in safetensors that it was made from: to convert it back would keep what quantising lost.',
  },
  {
    names: /\.(h5|msgpack)$/,
    advice:
      'convert it with transformers 4 (AutoModelForCausalLM.from_pretrained with from_tf or from_flax, then save_pretrained).',
  },
  {
    names: /\.(pth|pt|ckpt)$/,
    advice: 'convert it with the tool that wrote it into a folder of transformers in safetensors.',
  },
];

/**
 * What to say of a folder without weights that can be read.
 * @param names of its files
 * @param looked what the weights would be called, and which shards there are without their index
 */
export function missingWeights(
  folder: string,
  names: readonly string[],
  { single, index, shards }: { single: string; index: string; shards: readonly string[] },
): AdeptError {
  if (shards.length > 0) {
    return inputError(
      `${folder}: holds ${shards[0] ?? 'shards'} but no ${index}: download the index file as well.`,
    );
  }
  for (const { names: pattern, advice } of OTHER_FORMATS) {
    const found = names.find((name) => pattern.test(name));
    if (found !== undefined) {
      return inputError(`${folder}: holds no ${single}, only ${found}: ${advice}`);
    }
  }
  const other = names.find((name) => name.endsWith('.safetensors'));
  return inputError(
    other === undefined
      ? `${folder}: holds no ${single}: give a Hugging Face model folder.`
      : `${folder}: holds ${other} but no ${single}: if that is the model, rename it to ${single}.`,
  );
}
