import { answerDifference, type AnswerDifference } from '../../src/shared/run/answerDifference';
import type { AnswerRound, ShownPrompt } from '../../src/shared/webview/run';

/** An answer beside the one before the first step. */
export interface ComparedAnswer extends AnswerDifference {
  readonly prompt: ShownPrompt;
  readonly index: number;
  readonly step: number;
  readonly isSame: boolean;
}

export interface AnswerChoice {
  readonly prompts: readonly ShownPrompt[];
  readonly rounds: readonly AnswerRound[];
  /** Of a round; null: the last. */
  readonly step: number | null;
  /** A prompt over all rounds; null: all prompts of one round. */
  readonly prompt: number | null;
  readonly filter: string;
}

/** The round that is shown beside the first. */
export function shownRound({ rounds, step }: Pick<AnswerChoice, 'rounds' | 'step'>): AnswerRound | undefined {
  return rounds.find((round) => round.step === step) ?? rounds.at(-1);
}

/** What the choice shows, in order: those whose prompt or answers hold the filter's text. */
export function comparedAnswers(choice: AnswerChoice): ComparedAnswer[] {
  const { prompts, rounds, prompt: chosen, filter } = choice;
  const [first] = rounds;
  const round = shownRound(choice);
  if (first === undefined || round === undefined) {
    return [];
  }
  const pairs =
    chosen === null
      ? prompts.map((_, index) => ({ index, round }))
      : rounds.map((each) => ({ index: chosen, round: each }));
  const wanted = filter.trim().toLowerCase();
  return pairs.flatMap((pair): ComparedAnswer[] => {
    const prompt = prompts[pair.index];
    const before = first.answers[pair.index]?.text ?? '';
    const after = pair.round.answers[pair.index]?.text ?? '';
    const holds = [prompt?.text ?? '', before, after].some((text) => text.toLowerCase().includes(wanted));
    if (prompt === undefined || !holds) {
      return [];
    }
    const { step } = pair.round;
    return [
      { prompt, index: pair.index, step, ...answerDifference(before, after), isSame: before === after },
    ];
  });
}

/** How many answers of a round differ from those before. */
export function changedCount({ rounds }: Pick<AnswerChoice, 'rounds'>, round: AnswerRound): number {
  return round.answers.filter(({ text }, index) => text !== rounds[0]?.answers[index]?.text).length;
}
