import { html, type TemplateResult } from 'lit';
import { SCALE_KINDS, type ScaleKind } from '../../src/shared/heatmap/heatScale';
import { l10n } from './l10n';

/** The choice of a heatmap's scale, with its label. */
export function scaleSelect(current: ScaleKind, choose: (scale: ScaleKind) => void): TemplateResult {
  return html`<label for="scale">${l10n.t('Scale')}</label>
    <select
      id="scale"
      @change=${({ target }: Event) => {
        const chosen = SCALE_KINDS.find(
          (kind) => target instanceof HTMLSelectElement && kind === target.value,
        );
        if (chosen !== undefined) {
          choose(chosen);
        }
      }}
    >
      ${SCALE_KINDS.map(
        (kind) => html`<option value=${kind} ?selected=${kind === current}>${scaleName(kind)}</option>`,
      )}
    </select>`;
}

function scaleName(kind: ScaleKind): string {
  switch (kind) {
    case 'linear':
      return l10n.t('linear');
    case 'log':
      return l10n.t('logarithmic');
    case 'rank':
      return l10n.t('by rank');
  }
}
