import { answerDifference, type Stretch } from '../../../shared/run/answerDifference';
import { html, type Html } from '../html';
import { countText } from '../numbers';
import { table } from '../table';
import type { ReportSection } from './section';

/** What the model said before the first step and at the last, with the words marked that changed. */
export const ANSWERS: ReportSection = {
  id: 'answers',
  title: 'Answers before and after',
  body: ({ prompts, answers }) => {
    const [first, last] = [answers[0], answers.at(-1)];
    if (first === undefined || last === undefined || last === first) {
      return undefined;
    }
    const rows = prompts.map(({ text }, index) => {
      const [before, after] = [first, last].map((round) => round.answers[index]?.text ?? '');
      const marked = answerDifference(before ?? '', after ?? '');
      return [
        html`<span class="answer">${text}</span>`,
        answer(marked.before, (changed) => html`<del>${changed}</del>`),
        before === after
          ? html`<span class="muted">as before</span>`
          : answer(marked.after, (changed) => html`<ins>${changed}</ins>`),
      ];
    });
    const columns = ['prompt', `step ${countText(first.step)}`, `step ${countText(last.step)}`];
    return html`${table(
        'Answers before and after',
        columns.map((name) => ({ name, isProse: true })),
        rows,
      )}
      <p class="muted">
        The likeliest continuation of each prompt. Words that the other answer lacks are marked.
      </p>`;
  },
};

function answer(stretches: readonly Stretch[], mark: (text: string) => Html): Html {
  return html`<span class="answer"
    >${stretches.map(({ text, changed }) => (changed ? mark(text) : text))}</span
  >`;
}
