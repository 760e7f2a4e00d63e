import { html, type TemplateResult } from 'lit';
import { formatShort } from '../../src/shared/heatmap/formatNumber';
import { heatScale, type ScaleKind } from '../../src/shared/heatmap/heatScale';
import { partsTable, unitsWithParts, type PartsTable } from '../../src/shared/heatmap/partsTable';
import type { UnitName } from '../../src/shared/model/architecture';
import { heatClass } from '../common/heatRamp';
import { l10n } from '../common/l10n';
import type { ShownImportance } from './shownImportance';
import { NOT_MEASURED } from './gridRows';

export interface PartsContent {
  readonly shown: ShownImportance;
  /** The unit that is looked into, as the view keeps it; the first where it is none. */
  readonly unit: string;
  readonly scale: ScaleKind;
  readonly choose: (unit: UnitName) => void;
}

/** The heads and groups within a unit, where they were measured. */
export function partsView({ shown, unit, scale, choose }: PartsContent): TemplateResult {
  const units = unitsWithParts(shown.importance);
  const [first] = units;
  if (first === undefined) {
    return html``;
  }
  const chosen = units.find((name) => name === unit) ?? first;
  return html`<section class="parts" aria-labelledby="parts-heading">
    <h2 id="parts-heading">${l10n.t('Inside a unit')}</h2>
    <p class="toolbar">
      <label for="parts-unit">${l10n.t('Unit')}</label>
      <select
        id="parts-unit"
        @change=${(event: Event) => {
          const name = units.find((other) => other === (event.currentTarget as HTMLSelectElement).value);
          choose(name ?? first);
        }}
      >
        ${units.map((name) => html`<option value=${name} ?selected=${name === chosen}>${name}</option>`)}
      </select>
      <span class="muted">${about(chosen)}</span>
    </p>
    ${table(partsTable(shown.importance, chosen), scale)}
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

function table({ unit, parts, rows }: PartsTable, kind: ScaleKind): TemplateResult {
  const scale = heatScale(kind, rows.flat());
  const columns = Array.from({ length: parts }, (_, part) => part);
  return html`<div class="parts-scroll" tabindex="0" role="region" aria-label=${l10n.t('Inside {0}', unit)}>
    <table class="parts-table">
      <thead>
        <tr>
          <th scope="col">${l10n.t('layer')}</th>
          ${columns.map((part) => html`<th scope="col">${part}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (values, layer) =>
            html`<tr>
              <th scope="row">${layer}</th>
              ${columns.map((part) => {
                const value = values[part];
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
