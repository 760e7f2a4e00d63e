import { html, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { ifDefined } from 'lit/directives/if-defined.js';
import type { RunRow } from '../../src/shared/runs/runRow';
import { RUN_COLUMNS, type RunColumn, type RunOrder } from '../../src/shared/runs/runTable';
import { MOST_TICKED } from '../../src/shared/webview/runs';
import { l10n } from '../common/l10n';
import { rowView, type RowActions } from './rowView';
import { columnHint, columnText } from './texts';
import type { Ticks } from './ticks';

export interface TableContent {
  /** In the order that is shown. */
  readonly rows: readonly RunRow[];
  readonly order: RunOrder;
  readonly ticks: Ticks;
  readonly trusted: boolean;
  readonly actions: RowActions;
  readonly sort: (column: RunColumn) => void;
}

/** The table of runs, in a region that scrolls by itself. */
export function tableView({ rows, order, ticks, trusted, actions, sort }: TableContent): TemplateResult {
  const lines = new Map(ticks.map(({ path, line }) => [path, line]));
  const hasRoom = ticks.length < MOST_TICKED;
  return html`<div
    class="table-scroll runs-scroll"
    role="region"
    tabindex="0"
    aria-label=${l10n.t('Table of runs')}
  >
    <table class="runs">
      <thead>
        <tr>
          <th scope="col" class="tick"><span class="visually-hidden">${l10n.t('Curves')}</span></th>
          ${RUN_COLUMNS.map((column) => heading(column, order, sort))}
          <th scope="col" class="menu-cell"><span class="visually-hidden">${l10n.t('Actions')}</span></th>
        </tr>
      </thead>
      <tbody>
        ${repeat(
          rows,
          ({ path }) => path,
          (row) => rowView(row, { actions, trusted, line: lines.get(row.path), hasRoom }),
        )}
      </tbody>
    </table>
  </div>`;
}

function heading(column: RunColumn, order: RunOrder, sort: TableContent['sort']): TemplateResult {
  const isSorted = order.column === column;
  const direction = order.descending ? 'descending' : 'ascending';
  const arrow = order.descending ? 'arrow-down' : 'arrow-up';
  return html`<th scope="col" class=${column} aria-sort=${isSorted ? direction : 'none'}>
    <button
      type="button"
      title=${ifDefined(columnHint(column))}
      @click=${() => {
        sort(column);
      }}
    >
      ${columnText(column)}<span
        class="codicon codicon-${isSorted ? arrow : 'blank'}"
        aria-hidden="true"
      ></span>
    </button>
  </th>`;
}
