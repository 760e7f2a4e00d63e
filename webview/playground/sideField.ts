import { html, nothing, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import { originOf, type CheckpointSide, type Side } from '../../src/shared/playground/sides';
import type { PlaygroundOrigin } from '../../src/shared/webview/playground';
import { l10n } from '../common/l10n';

export interface SideFieldContent {
  /** 0 or 1. */
  readonly index: number;
  /** Undefined where nothing answers on this side. */
  readonly side: Side | undefined;
  readonly origins: readonly PlaygroundOrigin[];
  readonly choose: (side: Side | undefined) => void;
}

type RunOrigin = Extract<PlaygroundOrigin, { kind: 'run' }>;

const ALPHA_STEP = 0.05;
const NOTHING = '';

/** Chooses whose answers a column shows: a run's own model, a checkpoint at a strength, an export or any model. */
export function sideField(content: SideFieldContent): TemplateResult {
  const { index, side, origins, choose } = content;
  const known = side && origins.find((origin) => keyOfOrigin(origin) === originOf(side));
  const id = `side-${index}`;
  return html`<fieldset class="side">
    <legend>${index === 0 ? l10n.t('First model') : l10n.t('Second model')}</legend>
    <label for="${id}-origin" class="visually-hidden">${l10n.t('Run or model')}</label>
    <select
      id="${id}-origin"
      @change=${(event: Event) => {
        const key = (event.currentTarget as HTMLSelectElement).value;
        choose(sideIn(origins.find((origin) => keyOfOrigin(origin) === key)));
      }}
    >
      ${index === 0 && side !== undefined ? nothing : option(NOTHING, l10n.t('none'), side === undefined)}
      ${side !== undefined && known === undefined ? option(originOf(side), l10n.t('{0} (not found)', originOf(side)), true) : nothing}
      ${group(l10n.t('Runs'), origins, side, ({ kind }) => kind === 'run')}
      ${group(l10n.t('Exported models'), origins, side, (origin) => origin.kind === 'model' && origin.exportOf !== null)}
      ${group(l10n.t('Models'), origins, side, (origin) => origin.kind === 'model' && origin.exportOf === null)}
    </select>
    ${side === undefined || side.kind === 'model' ? nothing : ofRun(content, side, known?.kind === 'run' ? known : undefined)}
  </fieldset>`;
}

function group(
  label: string,
  origins: readonly PlaygroundOrigin[],
  side: Side | undefined,
  belongs: (origin: PlaygroundOrigin) => boolean,
): TemplateResult | typeof nothing {
  const shown = origins.filter(belongs);
  return shown.length === 0
    ? nothing
    : html`<optgroup label=${label}>
        ${shown.map((origin) => {
          const key = keyOfOrigin(origin);
          return option(key, nameOfOrigin(origin), side !== undefined && originOf(side) === key);
        })}
      </optgroup>`;
}

function option(value: string, text: string, isSelected: boolean): TemplateResult {
  return html`<option value=${value} .selected=${live(isSelected)}>${text}</option>`;
}

function ofRun(
  { index, choose }: SideFieldContent,
  side: Exclude<Side, { kind: 'model' }>,
  origin: RunOrigin | undefined,
): TemplateResult {
  const { run } = side;
  const id = `side-${index}`;
  const step = side.kind === 'base' ? 'base' : String(side.step);
  const checkpoints = origin?.checkpoints ?? [];
  const isGone = side.kind === 'checkpoint' && !checkpoints.some((one) => one.step === side.step);
  return html`<label for="${id}-step" class="visually-hidden">${l10n.t('Base model or checkpoint')}</label>
    <select
      id="${id}-step"
      @change=${(event: Event) => {
        const { value } = event.currentTarget as HTMLSelectElement;
        choose(
          value === 'base'
            ? { kind: 'base', run }
            : {
                ...atFullStrength(run, Number(value)),
                ...(side.kind === 'checkpoint' ? strengthOf(side) : {}),
              },
        );
      }}
    >
      ${option('base', l10n.t('Base model, before tuning'), step === 'base')}
      ${isGone ? option(step, l10n.t('step {0} (not found)', step), true) : nothing}
      ${checkpoints.map((one) =>
        option(
          String(one.step),
          [one.name, one.description].filter((text) => text !== '').join(' · '),
          step === String(one.step),
        ),
      )}
    </select>
    ${side.kind === 'checkpoint' ? (origin?.adds === false ? nothing : strengthField(id, side, choose)) : baseNote(origin)}`;
}

function baseNote(origin: RunOrigin | undefined): TemplateResult | typeof nothing {
  return origin?.adds === true
    ? html`<p class="muted note">
        ${l10n.t('Answers through the expanded model at α = 0, which says the same.')}
      </p>`
    : nothing;
}

function strengthField(id: string, side: CheckpointSide, choose: SideFieldContent['choose']): TemplateResult {
  const { alpha, drop } = side;
  return html`<label class="alpha">
      <span>α</span>
      <input
        id="${id}-alpha"
        type="range"
        min="0"
        max="1"
        step=${ALPHA_STEP}
        .value=${live(String(alpha))}
        aria-label=${l10n.t('Strength of the added layers (α)')}
        aria-valuetext=${alpha.toFixed(2)}
        @input=${(event: Event) => {
          choose({ ...side, alpha: Number((event.currentTarget as HTMLInputElement).value) });
        }}
      />
      <span class="numeric" aria-hidden="true">${alpha.toFixed(2)}</span>
    </label>
    ${
      drop.length === 0
        ? nothing
        : html`<label class="check-label">
            <input
              type="checkbox"
              .checked=${live(true)}
              @change=${() => {
                choose({ ...side, drop: [] });
              }}
            />
            ${l10n.t('without layers {0}', drop.join(', '))}
          </label>`
    }`;
}

/** What is meant where a run or model is chosen and nothing more is said. */
function sideIn(origin: PlaygroundOrigin | undefined): Side | undefined {
  if (origin === undefined) {
    return undefined;
  }
  if (origin.kind === 'model') {
    return { kind: 'model', model: origin.model };
  }
  const [last] = origin.checkpoints;
  return last === undefined ? { kind: 'base', run: origin.run } : atFullStrength(origin.run, last.step);
}

function atFullStrength(run: string, step: number): CheckpointSide {
  return { kind: 'checkpoint', run, step, alpha: 1, drop: [] };
}

/** Stays when another checkpoint is chosen: they are compared at one strength. */
function strengthOf({ alpha, drop }: CheckpointSide): Pick<CheckpointSide, 'alpha' | 'drop'> {
  return { alpha, drop };
}

function keyOfOrigin(origin: PlaygroundOrigin): string {
  return origin.kind === 'run' ? origin.run : origin.model;
}

function nameOfOrigin(origin: PlaygroundOrigin): string {
  return origin.kind === 'run' || origin.exportOf === null
    ? origin.name
    : l10n.t('{0}, of {1}', origin.name, origin.exportOf);
}
