import type { ShownPrompt } from '../../shared/webview/run';
import { toCsv } from '../../shared/heatmap/valueTable';
import type { AnswerHistory } from './answerHistory';

/** Every answer of a run: a row for each step and prompt. */
export function answersCsv(prompts: readonly ShownPrompt[], { rounds }: AnswerHistory): string {
  return toCsv({
    headings: ['step', 'prompt number', 'source', 'prompt', 'answer', 'end', 'reference'],
    rows: rounds.flatMap(({ step, answers }) =>
      answers.map(({ text, end }, index) => {
        const { source = '', text: prompt = '', reference = '' } = prompts[index] ?? {};
        return [String(step), String(index + 1), source, prompt, text, end, reference];
      }),
    ),
  });
}
