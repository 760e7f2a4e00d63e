import { html, type TemplateResult } from 'lit';
import { l10n } from '../common/l10n';
import type { ShownImportance } from './shownImportance';
import type { HeatmapView } from './heatmapView';
import { layersText } from './texts';

export interface ModelColumn {
  readonly shown: ShownImportance;
  readonly view: HeatmapView;
  readonly marked: ReadonlySet<number>;
  /** Marks a layer, or no longer. */
  readonly mark: (layer: number) => void;
}

/** The model as a column of layers, input above, with the copies where they would be inserted. The grid does the same by keys. */
export function modelColumn({ shown, view, marked, mark }: ModelColumn): TemplateResult {
  const rows = shown.rows({ ...view, order: { by: 'number', descending: false } });
  return html`<div class="model-column" role="img" aria-label=${label(shown.layers, view.marked)}>
    <span class="model-end">${l10n.t('embedding')}</span>
    <div class="model-layers">
      ${rows.map(({ layer, cells }) => {
        const isMarked = marked.has(layer);
        const choose = (): void => {
          mark(layer);
        };
        return html`<div
            class="model-layer ${cells[0]?.heat ?? ''}"
            title=${isMarked ? l10n.t('Layer {0}, marked: click to unmark it', layer) : l10n.t('Layer {0}: click to mark it', layer)}
            @click=${choose}
          ></div>
          ${
            isMarked
              ? html`<div
                  class="model-layer model-copy"
                  title=${l10n.t('The copy of layer {0}, trained: click to remove it', layer)}
                  @click=${choose}
                ></div>`
              : ''
          }`;
      })}
    </div>
    <span class="model-end">${l10n.t('LM head')}</span>
  </div>`;
}

function label(layers: number, marked: readonly number[]): string {
  return marked.length === 0
    ? l10n.t('The model: {0} layers, no copy', layers)
    : l10n.t('The model: {0} layers, with copies after {1}', layers, layersText(marked));
}
