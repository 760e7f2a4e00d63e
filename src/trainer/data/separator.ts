import * as v from 'valibot';
import { inputError } from '../../shared/errors';
import { type Component, GIVE_TOKENS, parse } from './tokenizerFile';

/** How the documents of a packed corpus are kept apart; reported in logs. */
export type Separator = 'bos' | 'eos' | 'bos+eos' | 'eos (added)' | 'none';

/** Ids around each document. */
export interface Frame {
  readonly before: readonly number[];
  readonly after: readonly number[];
  readonly separator: Separator;
}

/** What tokenizer_config.json says about the ends of a text. */
export interface EndTokens {
  readonly bosId?: number | undefined;
  readonly eosId?: number | undefined;
  readonly addBos: boolean;
  readonly addEos: boolean;
}

interface Ends {
  readonly before: readonly number[];
  readonly after: readonly number[];
}

const ids = v.array(v.pipe(v.number(), v.integer(), v.minValue(0)));
const Template = v.looseObject({
  single: v.array(
    v.union([
      v.object({ SpecialToken: v.looseObject({ id: v.string() }) }),
      v.object({ Sequence: v.looseObject({ id: v.literal('A') }) }),
    ]),
  ),
  special_tokens: v.optional(v.record(v.string(), v.looseObject({ ids })), {}),
});
const Pair = v.looseObject({
  cls: v.tuple([v.string(), v.number()]),
  sep: v.tuple([v.string(), v.number()]),
});
const Processors = v.looseObject({ processors: v.array(v.looseObject({ type: v.string() })) });

/**
 * The ids that frame a document, as the tokenizer itself sets them: what the post-processor of tokenizer.json adds;
 * failing that, what `add_bos_token` and `add_eos_token` of tokenizer_config.json ask for (transformers 4 honours
 * them for LLaMA tokenizers, transformers 5 leaves them to the post-processor). A tokenizer that adds neither, as
 * GPT-2's and Qwen's, gets its EOS behind each document, so that documents do not run into each other.
 */
export function documentFrame(postProcessor: Component | undefined, tokens: EndTokens, file: string): Frame {
  const ends = endsOf(postProcessor, file);
  const { bosId, eosId } = tokens;
  const addBos = ends.before.length === 0 && tokens.addBos && bosId !== undefined;
  const addEos = ends.after.length === 0 && tokens.addEos && eosId !== undefined;
  const before = addBos ? [bosId] : ends.before;
  const after = addEos ? [eosId] : ends.after;
  if (before.length > 0) {
    return { before, after, separator: after.length > 0 ? 'bos+eos' : 'bos' };
  }
  if (after.length > 0) {
    return { before, after, separator: 'eos' };
  }
  return eosId === undefined
    ? { before, after, separator: 'none' }
    : { before, after: [eosId], separator: 'eos (added)' };
}

/** The ids that a post-processor sets around a single text. */
function endsOf(step: Component | undefined, file: string): Ends {
  switch (step?.type) {
    case undefined:
    case 'ByteLevel':
      return { before: [], after: [] };
    case 'TemplateProcessing':
      return templateEnds(parse(Template, step, file, 'post_processor'), file);
    case 'BertProcessing':
    case 'RobertaProcessing': {
      const { cls, sep } = parse(Pair, step, file, 'post_processor');
      return { before: [cls[1]], after: [sep[1]] };
    }
    case 'Sequence': {
      const bare: Ends = { before: [], after: [] };
      const { processors } = parse(Processors, step, file, 'post_processor');
      return processors.reduce((inner, processor) => {
        const outer = endsOf(processor, file);
        return { before: [...outer.before, ...inner.before], after: [...inner.after, ...outer.after] };
      }, bare);
    }
    default:
      throw inputError(`${file}: the "post_processor" ${step?.type ?? ''} is not supported: ${GIVE_TOKENS}`);
  }
}

function templateEnds(
  { single, special_tokens: special }: v.InferOutput<typeof Template>,
  file: string,
): Ends {
  const before: number[] = [];
  const after: number[] = [];
  let texts = 0;
  for (const item of single) {
    if ('Sequence' in item) {
      texts += 1;
      continue;
    }
    const name = item.SpecialToken.id;
    const found = special[name];
    if (found === undefined) {
      throw inputError(
        `${file}: "post_processor.special_tokens" lacks ${name}: download the tokenizer again.`,
      );
    }
    (texts === 0 ? before : after).push(...found.ids);
  }
  if (texts !== 1) {
    throw inputError(`${file}: "post_processor.single" holds the text ${texts} times, not once: correct it.`);
  }
  return { before, after };
}
