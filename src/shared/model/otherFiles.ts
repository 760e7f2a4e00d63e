/**
 * What the files of a model folder are about, beside config.json and the weights: whoever writes a model that was made from
 * another one takes along what describes the model or its tokenizer, and leaves what is of a run, of other weights, or of the
 * folder itself. docs/models.md says the same for people.
 */
interface Meaning {
  readonly names: RegExp;
  readonly takenAlong: boolean;
}

/** Folders whose files are taken along as well: tokenizers keep further chat templates in one. */
export const TAKEN_FOLDERS: ReadonlyMap<string, RegExp> = new Map([
  ['additional_chat_templates', /\.jinja$/],
]);

/** A file of unknown meaning beyond this is no description. */
export const LARGEST_UNKNOWN_FILE = 32 * 2 ** 20;

/** The first that fits holds. */
const MEANINGS: readonly Meaning[] = [
  // Written anew, or about this one folder: the model itself, its card, the manifest of its expansion, what Git keeps.
  { names: /^(config|adept-manifest)\.json$|^README|^\./i, takenAlong: false },
  // A licence goes with the model, whatever becomes of its card.
  { names: /^(LICEN[CS]E|NOTICE|COPYING|USE_POLICY)/i, takenAlong: true },
  // Weights of this and other formats, and what says where their tensors lie.
  {
    names:
      /\.(safetensors|bin|pth|pt|ckpt|gguf|ggml|h5|msgpack|onnx|npz|index\.json)$|^(params|consolidated.*|quantize_config|quant_config|hf_quant_config|model_index|modules)\.json$/i,
    takenAlong: false,
  },
  // An adapter changes the model; where its configuration lies, the folder is refused: modelConfig.ts.
  { names: /^adapter_/, takenAlong: false },
  // States and results of a run, and its tools.
  {
    names:
      /^((trainer_state|training_args|(all|train|eval|test)_results|scheduler|scaler)\.\w+|(optimizer|rng_state|random_states).*|trainer_log\.jsonl?|latest|zero_to_fp32\.py)$/,
    takenAlong: false,
  },
  // How to generate, and code of the model's own, which this program never runs.
  {
    names: /^(generation_config|preprocessor_config|processor_config|video_preprocessor_config)\.json$|\.py$/,
    takenAlong: true,
  },
  // The tokenizer, however it is stored: sentencepiece (also .model.v3), tiktoken, tekken, vocabularies and chat templates.
  {
    names:
      /^(tokenizer.*|tekken|special_tokens_map|added_tokens|vocab|merges|chat_template.*)\.(json|txt|jinja)$|\.(model|model\.v\d+|tiktoken|jinja|vocab|bpe|codes)$/,
    takenAlong: true,
  },
];

/** What text may describe a tokenizer or a model by a name that nobody foresaw. */
const UNKNOWN_TAKEN = /\.(json|txt)$/;

/** Whether a file beside the weights goes with a model that is made from this one. @param bytes its size */
export function isTakenAlong(name: string, bytes: number): boolean {
  const known = MEANINGS.find(({ names }) => names.test(name));
  return known?.takenAlong ?? (UNKNOWN_TAKEN.test(name) && bytes <= LARGEST_UNKNOWN_FILE);
}
