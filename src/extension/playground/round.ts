import type { AskSettings } from '../../shared/playground/askSettings';
import type { KeptRound } from '../../shared/playground/history';
import type { FromSession } from '../../shared/playground/session';
import type { Sides } from '../../shared/playground/sides';
import type { PlaygroundColumn, PlaygroundRound } from '../../shared/webview/playground';

/** A prompt that is to be answered, and what people call the sides. */
export interface Asked {
  readonly prompt: string;
  readonly settings: AskSettings;
  readonly sides: Sides;
  readonly names: readonly string[];
}

export function newRound(id: string, { prompt, settings, sides, names }: Asked): PlaygroundRound {
  return {
    ...{ id, prompt, settings },
    columns: sides.map((side, index) => ({
      ...{ side, name: names[index] ?? '', state: 'waiting', doing: '', text: '' },
      ...{ cost: null, end: null, problem: null, lacksTemplate: false },
    })),
  };
}

/** The round after a message about it; the same object where nothing is new. */
export function afterMessage(round: PlaygroundRound, message: FromSession): PlaygroundRound {
  switch (message.type) {
    case 'engine':
    case 'done':
      return round;
    case 'loading':
      return withColumn(round, message.side, { state: 'loading', doing: message.message });
    case 'reading': {
      const { side, lacksTemplate } = message;
      return withColumn(round, side, { state: 'reading', doing: '', lacksTemplate });
    }
    case 'said': {
      const { side, from, text, cost } = message;
      const before = round.columns[side]?.text.slice(0, from) ?? '';
      return withColumn(round, side, { state: 'answering', text: before + text, cost });
    }
    case 'answered': {
      const { text, end, cost } = message.answer;
      return withColumn(round, message.side, { state: 'ended', text, end, cost });
    }
    case 'failed':
      return withColumn(round, message.side, { ...ended(round, message.side), problem: message.message });
  }
}

/** The round when no more comes: what was said stays. @param problem why no more comes, where the person does not know it */
export function atEnd(round: PlaygroundRound, problem: string | null): PlaygroundRound {
  return round.columns.reduce(
    (all, { state }, index) =>
      state === 'ended'
        ? all
        : withColumn(all, index, { ...ended(round, index), problem: state === 'waiting' ? null : problem }),
    round,
  );
}

/** What is kept of a round; undefined where nobody said anything. */
export function keptRound(
  { id, prompt, settings, columns }: PlaygroundRound,
  time: string,
): KeptRound | undefined {
  const answers = columns.map(({ side, name, text, end, cost, problem }) => {
    const isNothing = end === null || cost === null || (end === 'stopped' && cost.tokens === 0);
    return { side, name, problem, answer: isNothing ? null : { text, end, cost } };
  });
  return answers.every(({ answer }) => answer === null) ? undefined : { id, time, prompt, settings, answers };
}

/** A column that ends before its answer does. */
function ended({ columns }: PlaygroundRound, index: number): Partial<PlaygroundColumn> {
  const hasBegun = (columns[index]?.cost ?? null) !== null;
  return { state: 'ended', doing: '', end: hasBegun ? 'stopped' : null };
}

function withColumn(
  round: PlaygroundRound,
  index: number,
  change: Partial<PlaygroundColumn>,
): PlaygroundRound {
  const columns = round.columns.map((column, at) => (at === index ? { ...column, ...change } : column));
  return { ...round, columns };
}
