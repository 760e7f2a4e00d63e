import { html, type TemplateResult } from 'lit';
import { formatShort } from '../../src/shared/heatmap/formatNumber';
import { heatScale, type ScaleKind } from '../../src/shared/heatmap/heatScale';
import { groupsTable, unitsWithGroups, type GroupsTable } from '../../src/shared/heatmap/groupsTable';
import type { UnitName } from '../../src/shared/model/architecture';
import { heatClass } from '../common/heatRamp';
import { l10n } from '../common/l10n';
import { fold } from './fold';
import type { Fold } from './heatmapView';
import type { ShownImportance } from './shownImportance';
import { NOT_MEASURED } from './gridRows';

export interface GroupsContent {
  readonly shown: ShownImportance;
  /** The unit that is looked into, as the view keeps it; the first where it is none. */
  readonly unit: string;
  readonly scale: ScaleKind;
  readonly choose: (unit: UnitName) => void;
  readonly open: readonly Fold[];
  readonly toggle: (open: readonly Fold[]) => void;
}

/** Attention heads or groups of neurons within a unit, where they were measured. */
export function groupsView(content: GroupsContent): TemplateResult {
  const units = unitsWithGroups(content.shown.importance);
  const [first] = units;
  const { open, toggle } = content;
  const heading = l10n.t('Inside a unit');
  return first === undefined
    ? html``
    : fold({ name: 'groups', heading, open, toggle }, () => groups(content, units, first));
}

function groups(
  { shown, unit, scale, choose }: GroupsContent,
  units: readonly UnitName[],
  first: UnitName,
): TemplateResult {
  const chosen = units.find((name) => name === unit) ?? first;
  return html`<section class="unit-groups" aria-label=${l10n.t('Inside a unit')}>
    <p class="toolbar">
      <label for="groups-unit">${l10n.t('Unit')}</label>
      <select
        id="groups-unit"
        @change=${(event: Event) => {
          const name = units.find((other) => other === (event.currentTarget as HTMLSelectElement).value);
          choose(name ?? first);
        }}
      >
        ${units.map((name) => html`<option value=${name} ?selected=${name === chosen}>${name}</option>`)}
      </select>
      <span class="muted">${about(chosen)}</span>
    </p>
    ${table(groupsTable(shown.importance, chosen), scale)}
  </section>`;
}

function about(unit: UnitName): string {
  if (unit.startsWith('mlp.')) {
    return l10n.t('groups of neurons, in the order of the weights');
  }
  return unit === 'self_attn.k_proj' || unit === 'self_attn.v_proj'
    ? l10n.t('heads of keys and values')
    : l10n.t('attention heads');
}

function table({ unit, groups, rows }: GroupsTable, kind: ScaleKind): TemplateResult {
  const scale = heatScale(kind, rows.flat());
  const columns = Array.from({ length: groups }, (_, index) => index);
  return html`<div class="groups-scroll" tabindex="0" role="region" aria-label=${l10n.t('Inside {0}', unit)}>
    <table class="groups-table">
      <thead>
        <tr>
          <th scope="col">${l10n.t('layer')}</th>
          ${columns.map((index) => html`<th scope="col">${index}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (values, layer) =>
            html`<tr>
              <th scope="row">${layer}</th>
              ${columns.map((index) => {
                const value = values[index];
                const heat = heatClass(value === undefined ? undefined : scale.heat(value));
                return html`<td class=${heat}>
                  ${value === undefined ? NOT_MEASURED : formatShort(value)}
                </td>`;
              })}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}
