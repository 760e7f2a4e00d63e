import { html, nothing, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import { numberOfText } from '../../src/shared/common/numberText';
import { l10n } from '../common/l10n';
import { pushButton, submitButton } from '../common/pushButton';
import { scaleSelect } from '../common/scaleSelect';
import type { HeatmapView } from './heatmapView';
import type { ShownImportance } from './shownImportance';
import { percentText } from './texts';

export interface ToolbarActions {
  change(change: Partial<HeatmapView>): void;
  suggest(): void;
  clear(): void;
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  undo(): void;
  redo(): void;
  saveCsv(): void;
  savePicture(): void;
}

/** How the heatmap is shown, what is marked by rule, and what is exported. */
export function toolbar(view: HeatmapView, shown: ShownImportance, actions: ToolbarActions): TemplateResult {
  return html`<div class="toolbar">
    ${suggestion(view, shown, actions)} ${appearance(view, actions)}
    <div class="group">
      ${pushButton({
        text: l10n.t('Show as table'),
        pressed: view.asTable,
        act: () => {
          actions.change({ asTable: !view.asTable });
        },
      })}
      ${pushButton({
        text: l10n.t('Export CSV…'),
        act: () => {
          actions.saveCsv();
        },
      })}
      ${pushButton({
        text: l10n.t('Export PNG…'),
        act: () => {
          actions.savePicture();
        },
      })}
    </div>
  </div>`;
}

/** The number of layers to suggest, or undefined when the text is none from 1 to the model's layers. */
export function wantedCount(text: string, layers: number): number | undefined {
  const value = numberOfText(text.trim());
  return value !== undefined && Number.isInteger(value) && value >= 1 && value <= layers ? value : undefined;
}

function suggestion(
  view: HeatmapView,
  { layers, importance, domainTable }: ShownImportance,
  actions: ToolbarActions,
): TemplateResult {
  const count = wantedCount(view.lowest, layers);
  const wrong = count === undefined;
  const byContrast = domainTable !== undefined && view.suggestBy === 'contrast';
  const same = byContrast ? importance.sameContrast : importance.trust?.sameLowest;
  const confidence = count === undefined ? undefined : same?.[count - 1];
  return html`<form
    class="group"
    novalidate
    @submit=${(event: Event) => {
      event.preventDefault();
      if (!wrong) {
        actions.suggest();
      }
    }}
  >
    ${domainTable === undefined ? html`<label for="lowest">${l10n.t('Least important layers')}</label>` : ruleSelect(view, actions)}
    <input
      id="lowest"
      class="numeric short"
      type="text"
      inputmode="numeric"
      autocomplete="off"
      aria-label=${domainTable === undefined ? nothing : l10n.t('Number of layers')}
      .value=${live(view.lowest)}
      aria-invalid=${wrong ? 'true' : 'false'}
      aria-describedby=${wrong ? 'lowest-problem' : nothing}
      @input=${(event: Event) => {
        actions.change({ lowest: event.target instanceof HTMLInputElement ? event.target.value : '' });
      }}
    />
    ${submitButton({ text: l10n.t('Suggest'), disabled: wrong })}
    ${pushButton({
      text: l10n.t('Clear'),
      disabled: view.marked.length === 0,
      act: () => {
        actions.clear();
      },
    })}
    ${iconButton('discard', l10n.t('Undo the last change of marks'), actions.canUndo, () => {
      actions.undo();
    })}
    ${iconButton('redo', l10n.t('Redo it'), actions.canRedo, () => {
      actions.redo();
    })}
    ${
      confidence === undefined
        ? nothing
        : html`<span class="muted"
            >${byContrast ? l10n.t('the same layers in {0} of resamples of both texts', percentText(Math.round(confidence * 100) / 100)) : l10n.t('the same layers in {0} of resamples of the text', percentText(Math.round(confidence * 100) / 100))}</span
          >`
    }
    ${wrong ? html`<span id="lowest-problem" class="error">${l10n.t('Give a whole number from 1 to {0}.', layers)}</span>` : nothing}
  </form>`;
}

function iconButton(icon: string, label: string, isEnabled: boolean, act: () => void): TemplateResult {
  return pushButton({ icon, label, title: label, disabled: !isEnabled, act });
}

/** The rule by which layers are suggested, where domain text was measured too. */
function ruleSelect(view: HeatmapView, actions: ToolbarActions): TemplateResult {
  const rules: readonly (readonly [HeatmapView['suggestBy'], string])[] = [
    ['general', l10n.t('Least important layers')],
    ['contrast', l10n.t('Layers more important to the domain')],
  ];
  return html`<select
    aria-label=${l10n.t('Layers to suggest')}
    @change=${(event: Event) => {
      const chosen = (event.currentTarget as HTMLSelectElement).value;
      actions.change({ suggestBy: chosen === 'contrast' ? 'contrast' : 'general' });
    }}
  >
    ${rules.map(
      ([rule, text]) => html`<option value=${rule} ?selected=${rule === view.suggestBy}>${text}</option>`,
    )}
  </select>`;
}

function appearance(view: HeatmapView, actions: ToolbarActions): TemplateResult {
  return html`<div class="group">
    ${scaleSelect(view.scale, (scale) => {
      actions.change({ scale });
    })}
    <label class="check-label">
      <input
        type="checkbox"
        .checked=${live(view.normsApart)}
        @change=${() => {
          actions.change({ normsApart: !view.normsApart });
        }}
      />
      ${l10n.t('Norms in their own range')}
    </label>
  </div>`;
}
