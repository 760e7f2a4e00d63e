import * as v from 'valibot';
import { inputError } from '../../../shared/common/errors';
import { type Component, GIVE_TOKENS, type TokenizerFile, parse } from './tokenizerFile';

/*
 * The library follows tokenizer.json closely but not everywhere: several steps use JavaScript's idea of whitespace and
 * digits, or ignore an option. Each step is therefore either written here in terms of those that were found to give
 * exactly the ids of the reference implementation (the Rust crate `tokenizers`), or refused: wrong ids are silent.
 */

/** GPT-2's splitting pattern, which the ByteLevel step of the reference implementation has built in. */
const GPT2_PATTERN = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
const PUNCTUATION = '[\\p{P}\\x21-\\x2F\\x3A-\\x40\\x5B-\\x60\\x7B-\\x7E]';

const Pattern = v.union([v.strictObject({ Regex: v.string() }), v.strictObject({ String: v.string() })]);
const Behavior = v.picklist(['Removed', 'Isolated', 'MergedWithPrevious', 'MergedWithNext', 'Contiguous']);
const Replace = v.looseObject({ pattern: Pattern, content: v.string() });
const Prepend = v.looseObject({ prepend: v.string() });
const Split = v.looseObject({ pattern: Pattern, behavior: Behavior, invert: v.optional(v.boolean(), false) });
const Digits = v.looseObject({ individual_digits: v.optional(v.boolean(), false) });
const Punctuation = v.looseObject({ behavior: v.optional(Behavior, 'Isolated') });
const Normalizers = v.looseObject({ normalizers: v.array(v.looseObject({ type: v.string() })) });
const PreTokenizers = v.looseObject({ pretokenizers: v.array(v.looseObject({ type: v.string() })) });
const ByteLevel = v.looseObject({
  add_prefix_space: v.optional(v.boolean(), true),
  use_regex: v.optional(v.boolean(), true),
});
const Metaspace = v.looseObject({
  replacement: v.optional(v.string(), '▁'),
  add_prefix_space: v.optional(v.boolean(), true),
  prepend_scheme: v.optional(v.picklist(['always', 'never', 'first'])),
  split: v.optional(v.boolean(), true),
});

/**
 * tokenizer.json as the library is to see it; special tokens around a document are not its task.
 * @throws AdeptError (input) that names the step or option that could not be followed exactly.
 */
export function libraryPipeline(tokenizer: TokenizerFile, file: string): Record<string, unknown> {
  checkModel(tokenizer, file);
  return {
    added_tokens: tokenizer.added_tokens,
    normalizer: normalizer(tokenizer.normalizer ?? undefined, file),
    pre_tokenizer: preTokenizer(tokenizer.pre_tokenizer ?? undefined, file),
    post_processor: null,
    decoder: tokenizer.decoder ?? null,
    model: tokenizer.model,
  };
}

function unsupported(file: string, what: string): Error {
  return inputError(`${file}: ${what} is not supported: ${GIVE_TOKENS}`);
}

function checkModel(
  { model, vocab, added_tokens: added, pre_tokenizer: steps }: TokenizerFile,
  file: string,
): void {
  if ((model.dropout ?? 0) !== 0) {
    throw unsupported(file, '"model.dropout"');
  }
  for (const key of ['continuing_subword_prefix', 'end_of_word_suffix'] as const) {
    if ((model[key] ?? '') !== '') {
      throw unsupported(file, `"model.${key}"`);
    }
  }
  const singleWord = added.find((token) => token.single_word);
  if (singleWord !== undefined) {
    throw unsupported(file, `"single_word" of the added token ${singleWord.content}`);
  }
  // The library joins unknown characters across the borders of words, the reference within a word.
  const everyByte = model.byte_fallback && vocab.has('<0x00>') && vocab.has('<0xFF>');
  const bytesOnly = JSON.stringify(steps ?? null).includes('"ByteLevel"');
  if (model.fuse_unk && typeof model.unk_token === 'string' && steps && !everyByte && !bytesOnly) {
    throw unsupported(file, '"model.fuse_unk" together with a "pre_tokenizer"');
  }
}

function normalizer(step: Component | undefined, file: string): Component | null {
  switch (step?.type) {
    case undefined:
      return null;
    case 'NFC':
    case 'NFD':
    case 'NFKC':
    case 'NFKD':
      return { type: step.type };
    case 'Replace': {
      const { pattern, content } = parse(Replace, step, file, 'normalizer');
      return replace(regexOf(pattern, file), content);
    }
    case 'Prepend':
      // Unlike the library's own step: nothing is put before an empty text.
      return replace('\\A(?=[\\s\\S])', parse(Prepend, step, file, 'normalizer').prepend);
    case 'Sequence':
      return {
        type: 'Sequence',
        normalizers: parse(Normalizers, step, file, 'normalizer').normalizers.map((part) =>
          normalizer(part, file),
        ),
      };
    default:
      throw unsupported(file, `the "normalizer" ${step?.type ?? ''}`);
  }
}

function preTokenizer(step: Component | undefined, file: string): Component | null {
  switch (step?.type) {
    case undefined:
      return null;
    case 'ByteLevel':
      return byteLevel(parse(ByteLevel, step, file, 'pre_tokenizer'));
    case 'Digits': {
      const { individual_digits: individual } = parse(Digits, step, file, 'pre_tokenizer');
      return isolate(individual ? '\\p{N}' : '\\p{N}+');
    }
    case 'Metaspace':
      return metaspace(parse(Metaspace, step, file, 'pre_tokenizer'));
    case 'Punctuation': {
      const { behavior } = parse(Punctuation, step, file, 'pre_tokenizer');
      if (behavior !== 'Isolated' && behavior !== 'Contiguous') {
        throw unsupported(file, `"pre_tokenizer" Punctuation with behavior ${behavior}`);
      }
      return isolate(behavior === 'Isolated' ? PUNCTUATION : `${PUNCTUATION}+`);
    }
    case 'Split':
      return split(parse(Split, step, file, 'pre_tokenizer'), file);
    case 'Sequence':
      return sequence(
        parse(PreTokenizers, step, file, 'pre_tokenizer').pretokenizers.map((part) =>
          preTokenizer(part, file),
        ),
      );
    default:
      throw unsupported(file, `the "pre_tokenizer" ${step?.type ?? ''}`);
  }
}

function byteLevel(options: v.InferOutput<typeof ByteLevel>): Component {
  return sequence([
    ...(options.add_prefix_space ? [replace('\\A(?=[^ ])', ' ')] : []),
    ...(options.use_regex ? [isolate(GPT2_PATTERN)] : []),
    { type: 'ByteLevel', add_prefix_space: false, use_regex: false },
  ]);
}

function metaspace(options: v.InferOutput<typeof Metaspace>): Component {
  const { replacement, split: splits } = options;
  const scheme = options.prepend_scheme ?? (options.add_prefix_space ? 'always' : 'never');
  const mark = { type: 'Metaspace', replacement, prepend_scheme: scheme };
  const sign = escaped(replacement);
  return splits ? sequence([mark, isolate(`${sign}?[^${sign}]+|${sign}`)]) : mark;
}

function split({ pattern, behavior, invert }: v.InferOutput<typeof Split>, file: string): Component {
  const regex = regexOf(pattern, file);
  if (behavior === 'Isolated') {
    return isolate(regex);
  }
  if (behavior === 'Removed' && invert) {
    return { type: 'Split', pattern: { Regex: regex }, behavior, invert };
  }
  throw unsupported(file, `"pre_tokenizer" Split with behavior ${behavior}${invert ? ', inverted,' : ''}`);
}

/** Cuts before and after each match, and keeps everything. */
function isolate(regex: string): Component {
  return { type: 'Split', pattern: { Regex: regex }, behavior: 'Isolated', invert: false };
}

function sequence(pretokenizers: readonly (Component | null)[]): Component {
  return { type: 'Sequence', pretokenizers };
}

/** A step of this type exists among the library's normalizers and its pre-tokenizers alike. */
function replace(regex: string, content: string): Component {
  // The library hands the content to String.replaceAll, where "$" has a meaning of its own.
  return { type: 'Replace', pattern: { Regex: regex }, content: content.replaceAll('$', '$$$$') };
}

function regexOf(pattern: v.InferOutput<typeof Pattern>, file: string): string {
  if ('String' in pattern) {
    return escaped(pattern.String);
  }
  if (isBacktrackingSensitive(pattern.Regex)) {
    throw unsupported(file, `the possessive or atomic pattern ${pattern.Regex}`);
  }
  return pattern.Regex;
}

/** Whether a pattern holds `(?>…)` or a possessive quantifier, which the library reads as ordinary ones. */
function isBacktrackingSensitive(regex: string): boolean {
  const bare = regex.replace(/\\[\s\S]/g, 'x').replace(/\[[^\]]*\]/g, 'x');
  return bare.includes('(?>') || bare.includes('\\G') || /[?*+]\+/.test(bare);
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
