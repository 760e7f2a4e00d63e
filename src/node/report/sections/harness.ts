import type { HarnessResult } from '../../../shared/run/harness';
import { html } from '../html';
import { countText, momentText } from '../numbers';
import { numbersAfter, table } from '../table';
import type { ReportSection } from './section';

/** What lm-evaluation-harness measured of the run's models. */
export const HARNESS: ReportSection = {
  id: 'harness',
  title: 'lm-evaluation-harness',
  body: ({ harness }) => {
    if (harness.length === 0) {
      return undefined;
    }
    const rows = harness.flatMap((result) =>
      result.tasks.flatMap(({ task, shots, asked, metrics }) =>
        metrics.map(({ metric, filter, value, stderr }) => [
          modelText(result),
          `${task}, ${metric}${filter === 'none' ? '' : ` (${filter})`}`,
          shots === null ? '–' : countText(shots),
          asked === null ? '–' : countText(asked),
          value.toFixed(4),
          stderr === null ? '–' : stderr.toFixed(4),
        ]),
      ),
    );
    const columns = [
      ...[{ name: 'model' }, { name: 'task' }],
      ...numbersAfter('', 'shots', 'questions', 'value', 'standard error').slice(1),
    ];
    const versions = [...new Set(harness.map(({ lmEval }) => lmEval))].join(', ');
    return html`${table('Measured with lm-evaluation-harness', columns, rows)}
      <p class="muted">
        Version ${versions}; the last measurement is of ${momentText(harness.at(-1)?.time ?? '')}.
      </p>`;
  },
};

function modelText({ model, step, alpha }: HarnessResult): string {
  return model ?? `step ${countText(step)}${alpha === null || alpha === 1 ? '' : `, α = ${alpha}`}`;
}
