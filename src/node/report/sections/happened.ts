import { markDetails, markTitle } from '../../../shared/run/markText';
import { spread } from '../../run/unitHistory';
import { html } from '../html';
import { countText, LANGUAGE, momentText } from '../numbers';
import { table } from '../table';
import { changeText } from '../../../shared/run/settingsChange';
import type { ReportSection } from './section';

const MOST_ROWS = 40;

/** What happened beside steps: refreshes, resumes, responses to forgetting, other settings. */
export const HAPPENED: ReportSection = {
  id: 'happened',
  title: 'What happened',
  body: ({ marks: all, changes = [] }) => {
    if (all.length + changes.length === 0) {
      return undefined;
    }
    // Of refreshes there are many, and each says little.
    const marks = all.filter(({ kind }) => kind !== 'refresh');
    const refreshes = all.length - marks.length;
    const shown = spread(marks, MOST_ROWS);
    const rows = shown.map((mark) => [
      countText(mark.step),
      markTitle(mark, LANGUAGE.l10n),
      markDetails(mark, LANGUAGE).map((text) => html`<div>${text}</div>`),
    ]);
    const left =
      shown.length === marks.length
        ? undefined
        : html`<p class="muted">${shown.length} of ${countText(marks.length)} are shown.</p>`;
    const other = changes.map(
      ({ time, settings }) =>
        html`<p>
          Resumed with other settings on ${momentText(time)}: ${settings.map(changeText).join(', ')}.
        </p>`,
    );
    const refreshed =
      refreshes === 0
        ? undefined
        : html`<p>
            Importance and learning rates were measured
            ${refreshes === 1 ? 'once' : `${countText(refreshes)} times`}.
          </p>`;
    return html`${refreshed}${
      marks.length === 0
        ? undefined
        : table(
            'What happened',
            [{ name: 'step', isNumber: true }, { name: 'what' }, { name: 'values', isProse: true }],
            rows,
          )
    }${left}${other}`;
  },
};
