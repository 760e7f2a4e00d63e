import * as v from 'valibot';
import { inputError } from '../../../shared/common/errors';
import { AUTO_FRAMING, type Framing } from '../../../shared/texts/texts';
import { type Component, GIVE_TOKENS, parse } from './tokenizerFile';
import { endOfTextFor } from './turnEnds';
import type { Vocabulary } from './vocabulary';

/** What is put around each document of a corpus. */
export interface DocumentFrame {
  /** Ids before and after it. */
  readonly before: readonly number[];
  readonly after: readonly number[];
  /** The same as text, for people; empty where nothing is put. */
  readonly start: string;
  readonly end: string;
  /** Where the tokenizer's own end is the end of a turn: that token, which `end` stands in for. */
  readonly insteadOf?: string;
}

/** What tokenizer_config.json says about the ends of a text. */
export interface EndTokens {
  readonly bosId?: number | undefined;
  readonly eosId?: number | undefined;
  readonly addBos: boolean;
  readonly addEos: boolean;
}

export interface FrameSources {
  readonly postProcessor: Component | undefined;
  readonly ends: EndTokens;
  readonly vocabulary: Vocabulary;
  /** tokenizer.json, for errors. */
  readonly file: string;
}

interface OwnFrame extends Ends {
  readonly insteadOf?: string | undefined;
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
 * What frames a document. `auto` is what the tokenizer itself sets: what the post-processor of tokenizer.json adds; failing
 * that, what `add_bos_token` and `add_eos_token` of tokenizer_config.json ask for (transformers 4 honours them for LLaMA
 * tokenizers, transformers 5 leaves them to the post-processor). A tokenizer that adds neither, as GPT-2's and Qwen's, gets its
 * EOS behind each document, so that documents do not run into each other. An end that is the end of a turn in a chat gives way
 * to the end of a text.
 * @throws AdeptError (input) naming the option whose token the vocabulary does not hold.
 */
export function documentFrame(sources: FrameSources, framing: Framing = AUTO_FRAMING): DocumentFrame {
  const { vocabulary } = sources;
  const own = ownFrame(sources, framing);
  const given = (choice: string, option: string, auto: readonly number[]): readonly number[] =>
    choice === 'auto' ? auto : choice === 'none' ? [] : [namedToken(choice, option, sources)];
  const before = given(framing.documentStart, '--document-start', own.before);
  const after = given(framing.documentEnd, '--document-end', own.after);
  const text = (ids: readonly number[]): string =>
    ids.map((id) => vocabulary.tokenOf(id) ?? `#${id}`).join('');
  return {
    ...{ before, after, start: text(before), end: text(after) },
    ...(framing.documentEnd === 'auto' && own.insteadOf !== undefined ? { insteadOf: own.insteadOf } : {}),
  };
}

function namedToken(token: string, option: string, { vocabulary, file }: FrameSources): number {
  const id = vocabulary.idOf(token);
  if (id === undefined) {
    throw inputError(
      `${option} ${token}: ${file} has no such token: give one of its special tokens, "auto" or "none".`,
    );
  }
  return id;
}

function ownFrame(
  { postProcessor, ends: tokens, vocabulary, file }: FrameSources,
  framing: Framing,
): OwnFrame {
  const ends = endsOf(postProcessor, file);
  const { bosId, eosId } = tokens;
  const before = ends.before.length === 0 && tokens.addBos && bosId !== undefined ? [bosId] : ends.before;
  const wantsEos = tokens.addEos || before.length === 0;
  const after = ends.after.length === 0 && wantsEos && eosId !== undefined ? [eosId] : ends.after;
  const [turnEnd, ...more] = after;
  if (turnEnd === undefined || more.length > 0 || framing.turnEnds === 'kept') {
    return { before, after };
  }
  const insteadOf = vocabulary.tokenOf(turnEnd);
  const textEnd = insteadOf === undefined ? undefined : endOfTextFor(insteadOf, vocabulary);
  return textEnd === undefined ? { before, after } : { before, after: [textEnd], insteadOf };
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
