import { html, type TemplateResult } from 'lit';
import { stateText } from '../../src/shared/run/stateText';
import type { RunRow } from '../../src/shared/runs/runRow';
import { type RunFilter, statesOf } from '../../src/shared/runs/runTable';
import { formatCount } from '../common/format';
import { l10n } from '../common/l10n';
import { pushButton } from '../common/pushButton';

export interface ToolbarContent {
  readonly rows: readonly RunRow[];
  /** How many of them are shown. */
  readonly shown: number;
  /** How many are ticked. */
  readonly ticked: number;
  readonly filter: RunFilter;
  readonly setFilter: (change: Partial<RunFilter>) => void;
  readonly compare: () => void;
  readonly saveCsv: () => void;
}

/** What is shown of the table, and what is done with it as a whole. */
export function toolbarView(content: ToolbarContent): TemplateResult {
  const { rows, shown, ticked, filter, setFilter, compare, saveCsv } = content;
  return html`<div class="toolbar" role="group" aria-label=${l10n.t('Table of runs')}>
    <input
      type="search"
      aria-label=${l10n.t('Filter runs')}
      placeholder=${l10n.t('Filter by name, model, state, tag or note')}
      .value=${filter.text}
      @input=${(event: Event) => {
        setFilter({ text: (event.target as HTMLInputElement).value });
      }}
    />
    ${stateSelect(content)}
    <span class="muted count"
      >${l10n.t('{0} of {1} runs', formatCount(shown), formatCount(rows.length))}</span
    >
    ${pushButton({ text: l10n.t('Compare'), disabled: ticked < 2, title: l10n.t('The results of the ticked runs, and the settings that differ, as a document'), act: compare })}
    ${pushButton({ text: l10n.t('Save as CSV…'), disabled: shown === 0, act: saveCsv })}
  </div>`;
}

function stateSelect({ rows, filter: { state }, setFilter }: ToolbarContent): TemplateResult {
  const states = statesOf(rows);
  const offered = state === null || states.includes(state) ? states : [...states, state];
  return html`<select
    aria-label=${l10n.t('State')}
    @change=${(event: Event) => {
      const chosen = (event.target as HTMLSelectElement).value;
      setFilter({ state: offered.find((one) => one === chosen) ?? null });
    }}
  >
    <option value="" ?selected=${state === null}>${l10n.t('all states')}</option>
    ${offered.map(
      (one) => html`<option value=${one} ?selected=${one === state}>${stateText(one, l10n)}</option>`,
    )}
  </select>`;
}
