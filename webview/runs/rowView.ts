import { html, nothing, type TemplateResult } from 'lit';
import { tagsOf } from '../../src/shared/run/runNotes';
import { stateText } from '../../src/shared/run/stateText';
import type { RowAction, RunRow } from '../../src/shared/runs/runRow';
import { RUN_COLUMNS, type RunColumn } from '../../src/shared/runs/runTable';
import { formatChange, formatCount, formatRate } from '../common/format';
import { badge } from '../common/badge';
import { l10n } from '../common/l10n';
import { lineKey } from '../common/lineKey';
import { STATE_LOOKS, turns } from '../../src/shared/run/stateLook';
import { actionText, startText, timeText } from './texts';

/** What a row can ask for. */
export interface RowActions {
  tick(path: string): void;
  act(action: RowAction, path: string): void;
  write(row: RunRow, notes: { readonly tags: readonly string[]; readonly note: string }): void;
  editing(isEditing: boolean): void;
  openNotes(path: string): void;
}

export interface RowContext {
  readonly actions: RowActions;
  readonly trusted: boolean;
  /** The number of the run's line where it is ticked. */
  readonly line: number | undefined;
  /** Whether one more can be ticked. */
  readonly hasRoom: boolean;
}

/** Keys that do in a row what its menu offers. */
const ACTION_KEYS: readonly (readonly [RowAction, string])[] = [
  ['rename', 'F2'],
  ['delete', 'Delete'],
];

/** A run as a row: tick, columns, menu. */
export function rowView(row: RunRow, context: RowContext): TemplateResult {
  return html`<tr
    data-path=${row.path}
    class=${context.line === undefined ? '' : 'ticked'}
    @keydown=${(event: KeyboardEvent) => {
      onKey(event, row, context.actions);
    }}
  >
    <td class="tick">${tick(row, context)}</td>
    ${RUN_COLUMNS.map((column) =>
      column === 'name'
        ? html`<th scope="row" class="name">${name(row, context)}</th>`
        : html`<td class=${column}>${cell(row, column, context)}</td>`,
    )}
    <td class="menu-cell">${menu(row, context.actions)}</td>
  </tr>`;
}

function tick(row: RunRow, { actions, line, hasRoom }: RowContext): TemplateResult {
  const isFull = line === undefined && !hasRoom;
  return html`<input
    type="checkbox"
    aria-label=${l10n.t('Show the curves of {0}', row.name)}
    title=${isFull ? l10n.t('So many lines cannot be told apart: untick another run first.') : nothing}
    .checked=${line !== undefined}
    ?disabled=${isFull}
    @change=${() => {
      actions.tick(row.path);
    }}
  />`;
}

function name(row: RunRow, { actions, line }: RowContext): TemplateResult {
  return html`<button
      type="button"
      class="link"
      title=${row.path}
      @click=${() => {
        actions.act('open', row.path);
      }}
    >
      ${row.name}</button
    >${row.study === null ? nothing : html` <span class="muted study" title=${l10n.t('Study {0}', row.study)}>${row.study}</span>`}${
      line === undefined ? nothing : lineKey(line)
    }`;
}

function cell(row: RunRow, column: Exclude<RunColumn, 'name'>, context: RowContext): unknown {
  switch (column) {
    case 'state':
      return html`<span class="state tone-${STATE_LOOKS[row.state].tone}" title=${row.activity}
        ><span
          class="codicon codicon-${STATE_LOOKS[row.state].icon} ${turns(row.state) ? 'codicon-modifier-spin' : ''}"
          aria-hidden="true"
        ></span
        >${stateText(row.state, l10n)}</span
      >`;
    case 'model':
      return html`<span class="clipped" title=${row.model ?? nothing}>${row.model ?? '–'}</span>`;
    case 'layers':
      return row.layers === null
        ? '–'
        : html`<span class="clipped" title=${row.layers.join(', ')}>${row.layers.join(', ')}</span>`;
    case 'learningRate':
      return formatRate(row.learningRate);
    case 'steps':
      return row.steps === null
        ? formatCount(row.step)
        : l10n.t('{0} of {1}', formatCount(row.step), formatCount(row.steps));
    case 'domainChange':
      return formatChange(row.domainChange);
    case 'generalChange':
      return formatChange(row.generalChange);
    case 'seconds':
      return timeText(row.seconds);
    case 'startedAt':
      return startText(row.startedAt);
    case 'tags':
    case 'note':
      return row.notesProblem === null ? written(row, column, context) : notesProblem(row, column, context);
  }
}

/** Tags or note, to be edited where anything may be changed. */
function written(row: RunRow, column: 'tags' | 'note', { actions, trusted }: RowContext): TemplateResult {
  const isTags = column === 'tags';
  const text = isTags ? row.tags.join(', ') : row.note;
  const shown = isTags ? row.tags.map((tag) => html`${badge(tag)} `) : text;
  if (!trusted) {
    return html`<span class="cell-text">${shown}</span>`;
  }
  return html`<adept-editable-cell
    .label=${isTags ? l10n.t('Tags of {0}', row.name) : l10n.t('Note on {0}', row.name)}
    .text=${text}
    .shown=${shown}
    .multiline=${!isTags}
    .hint=${isTags ? l10n.t('tags, with commas') : l10n.t('note')}
    @commit=${({ detail }: CustomEvent<string>) => {
      actions.write(
        row,
        isTags ? { tags: tagsOf(detail), note: row.note } : { tags: row.tags, note: detail },
      );
    }}
    @editing=${({ detail }: CustomEvent<boolean>) => {
      actions.editing(detail);
    }}
  ></adept-editable-cell>`;
}

function notesProblem(row: RunRow, column: 'tags' | 'note', { actions }: RowContext): unknown {
  return column === 'tags'
    ? html`<button
        type="button"
        class="link error"
        title=${row.notesProblem ?? ''}
        @click=${() => {
          actions.openNotes(row.path);
        }}
      >
        <span class="codicon codicon-warning" aria-hidden="true"></span>
        ${l10n.t('notes.json cannot be read: open it')}
      </button>`
    : '–';
}

function menu(row: RunRow, actions: RowActions): TemplateResult {
  const items = row.actions.map((action) => ({
    id: action,
    text: actionText(action),
    key: ACTION_KEYS.find(([known]) => known === action)?.[1],
  }));
  return html`<adept-row-menu
    .label=${l10n.t('Actions on {0}', row.name)}
    .items=${items}
    @choose=${({ detail }: CustomEvent<RowAction>) => {
      actions.act(detail, row.path);
    }}
  ></adept-row-menu>`;
}

/** F2 and Delete act on the row; the arrows go to the same control of the next row. */
function onKey(event: KeyboardEvent, row: RunRow, actions: RowActions): void {
  const action = ACTION_KEYS.find(([, key]) => key === event.key)?.[0];
  if (action !== undefined) {
    if (row.actions.includes(action)) {
      event.preventDefault();
      actions.act(action, row.path);
    }
    return;
  }
  const here = event.currentTarget as HTMLElement;
  const there =
    event.key === 'ArrowDown'
      ? here.nextElementSibling
      : event.key === 'ArrowUp'
        ? here.previousElementSibling
        : null;
  const from = (event.target as HTMLElement).closest('td, th');
  if (there !== null && from !== null) {
    event.preventDefault();
    const index = [...here.children].indexOf(from);
    there.children[index]?.querySelector<HTMLElement>('button, input')?.focus();
  }
}
