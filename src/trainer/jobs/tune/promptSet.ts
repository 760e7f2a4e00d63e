import {
  DOMAIN_PROMPT_TOKENS,
  DOMAIN_PROMPTS,
  GENERAL_PROMPTS,
  type AskedPrompt,
  type PromptSet,
} from '../../../shared/run/answers';
import { ANSWER_TOKENS, type AnswerSettings } from '../../../shared/config/runConfig';
import { inputError } from '../../../shared/common/errors';
import type { Naming } from '../../../shared/settings/naming';
import { readModelOutline } from '../../../node/model/modelConfig';
import { eachOf, sampleOfList, type SequenceList } from '../../data/sequences/sequences';
import { readPrompts, type PromptContent } from '../../generation/promptFile';
import { Questioner } from '../generate/questioner';

/** Prompts side by side. */
const AT_ONCE = 16;

/** Who asks the prompts of a run: greedily, so that a difference is the model's. */
export function questionerOf(folder: string, maxTokens: number): Questioner {
  return new Questioner(folder, {
    ...{ maxTokens, temperature: 0, topP: 1, seed: 0, stopTexts: [], batchSize: AT_ONCE },
    asConversation: false,
  });
}

/**
 * What the model of a run is asked: the prompts of a file, or texts for general ability and beginnings of the domain's
 * evaluation text.
 * @param domainEval sequences of that text; those prompts are left out where it is not read yet
 * @throws AdeptError (input) naming the file and the prompt.
 */
export function promptSetOf(
  folder: string,
  { prompts: file, maxTokens = ANSWER_TOKENS }: AnswerSettings,
  domainEval: SequenceList | undefined,
  naming: Naming,
): PromptSet {
  const { maxPositionEmbeddings: positions } = readModelOutline(folder);
  if (maxTokens >= positions) {
    throw inputError(
      `${naming.label('answers.maxTokens')}: ${maxTokens} tokens leave no room for a prompt among the model's ${positions} positions: lower it.`,
    );
  }
  const questioner = questionerOf(folder, maxTokens);
  const asked =
    file === undefined
      ? GENERAL_PROMPTS.map((content) => ({ content, where: content, source: 'general' as const }))
      : readPrompts(file, naming.label('answers.prompts')).map((prompt) => ({
          ...prompt,
          source: 'file' as const,
        }));
  const encoded = questioner.encode(asked).map(({ content, ids }, index): AskedPrompt => ({
    ...{ text: textOf(content), source: asked[index]?.source ?? 'file', ids: [...ids] },
  }));
  const ofDomain = file === undefined && domainEval ? domainPrompts(questioner, domainEval, maxTokens) : [];
  return { format: 'adept.prompts/1', maxTokens, prompts: [...encoded, ...ofDomain] };
}

/** As people read it: of a conversation, who says what. */
function textOf(content: PromptContent): string {
  return typeof content === 'string'
    ? content
    : content
        .map(
          ({ role, content: said }) => `${role}: ${typeof said === 'string' ? said : JSON.stringify(said)}`,
        )
        .join('\n');
}

/** Beginnings of sequences that lie evenly in the text, each at most half of its sequence, with what follows. */
function domainPrompts(questioner: Questioner, sequences: SequenceList, maxTokens: number): AskedPrompt[] {
  const chosen = sampleOfList(sequences, DOMAIN_PROMPTS, 'spread');
  return [...eachOf(chosen)].flatMap(({ ids, documentStarts }): AskedPrompt[] => {
    const [, end = ids.length] = documentStarts ?? [];
    const length = Math.min(DOMAIN_PROMPT_TOKENS, Math.floor(end / 2));
    if (length < 1) {
      return [];
    }
    const begin = ids.slice(0, length);
    const rest = [...ids.slice(length, Math.min(end, length + maxTokens))];
    return [
      {
        ...{ text: questioner.text(new Int32Array(), [...begin]), source: 'domain', ids: [...begin] },
        reference: questioner.text(begin, rest),
      },
    ];
  });
}
