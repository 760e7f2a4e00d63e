import names from '../../../python/adept_torch/names.json';
import { OUTER_TENSORS } from './architecture';

/** Names that the causal language model's class does not know, and where they come from. */
interface ForeignName {
  readonly pattern: RegExp;
  readonly from: string;
  /** What to do, the end of a sentence. */
  readonly advice: string;
}

const FOREIGN_NAMES: readonly ForeignName[] = [
  {
    pattern: /(^|\.)_orig_mod\./,
    from: 'torch.compile',
    advice: 'save what was compiled (model._orig_mod.save_pretrained), or remove "_orig_mod." from the names',
  },
  {
    pattern: /(^|\.)_fsdp_wrapped_module\./,
    from: "PyTorch's FSDP",
    advice:
      'save the full state dict (accelerate: get_state_dict), or remove "_fsdp_wrapped_module." from the names',
  },
  {
    pattern: /(^|\.)_checkpoint_wrapped_module\./,
    from: "PyTorch's activation checkpointing",
    advice: 'save the model without the wrapper, or remove "_checkpoint_wrapped_module." from the names',
  },
  {
    pattern: /\.(lora_[AB]|lora_embedding_[AB]|base_layer|modules_to_save)\.|^base_model\.model\./,
    from: 'an adapter of peft that is not merged',
    advice: 'merge it (merge_and_unload) and save the result with save_pretrained',
  },
  {
    pattern: /^module\./,
    from: 'DistributedDataParallel or DeepSpeed',
    advice: 'save what was wrapped (model.module.save_pretrained), or remove "module." from the names',
  },
];

/** Where a name comes from that no class of transformers knows, and what to do about it; undefined for any other. */
export function foreignName(name: string): Omit<ForeignName, 'pattern'> | undefined {
  return FOREIGN_NAMES.find(({ pattern }) => pattern.test(name));
}

/**
 * The names by which the causal language model knows a checkpoint's tensors. `AutoModel` saves the decoder alone, whose names
 * lack "model.": transformers puts it before them, and so does python/adept_torch/stored.py.
 */
export function causalNames(stored: Iterable<string>): (name: string) => string {
  const all = new Set(stored);
  const { basePrefix, ofBase } = names;
  const isBare =
    !all.has(OUTER_TENSORS.embedding) && all.has(OUTER_TENSORS.embedding.slice(basePrefix.length));
  return (name) => (isBare && ofBase.some((start) => name.startsWith(start)) ? `${basePrefix}${name}` : name);
}
