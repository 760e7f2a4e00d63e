import { html, nothing, type TemplateResult } from 'lit';
import { EngineChoice, TorchDtype } from '../../src/shared/config/runConfig';
import { engineName, engineText, isSetUp, type EngineState } from '../../src/shared/engines/engineState';
import { isTorchHere, readCompute, type FormCompute } from '../../src/shared/launch/computeForm';
import { l10n } from '../common/l10n';
import { formField } from './formField';
import { computeLabel } from './texts';

export interface ComputeFields {
  readonly values: Readonly<Record<FormCompute, string>>;
  /** Which engines the machine has. */
  readonly engines: EngineState;
  readonly problemOf: (field: FormCompute) => string | undefined;
  readonly editing: (field: FormCompute) => (event: Event) => void;
}

/** Which engine computes the run; with PyTorch also how many processes, and in what. */
export function computeFields(fields: ComputeFields): TemplateResult {
  const { values, engines } = fields;
  const { engine } = readCompute(values, l10n).compute;
  return html`<div class="settings compute">
    ${choiceField(fields, 'engine', {
      label: computeLabel('engine'),
      help: l10n.t('What computes the run.'),
      note: engineNote(engine, engines),
      choices: EngineChoice.options.map((value) => [value, engineName(value, l10n)]),
    })}
    ${
      isTorchHere(engine, engines)
        ? html`${ranksField(fields)}
          ${choiceField(fields, 'dtype', {
            label: computeLabel('dtype'),
            help: l10n.t('What trains has float32 values in any case.'),
            note: '',
            choices: TorchDtype.options.map((value) => [
              value,
              value === 'auto' ? l10n.t('Automatic: {0} here', dtypeHere(engines)) : value,
            ]),
          })}`
        : nothing
    }
  </div>`;
}

function engineNote(engine: EngineChoice, engines: EngineState): string {
  const text = engineText(engine, engines, l10n);
  return isSetUp(engine, engines) ? text : l10n.t('{0}: starting offers to set it up', text);
}

function dtypeHere({ torch }: EngineState): string {
  return torch !== null && torch.gpus > 0 && torch.facts?.bfloat16 === true ? 'bfloat16' : 'float32';
}

function ranksField({ values, engines, problemOf, editing }: ComputeFields): TemplateResult {
  const gpus = engines.torch?.gpus ?? 0;
  return formField(
    {
      field: 'ranks',
      label: computeLabel('ranks'),
      help: l10n.t('Processes that compute together, one a GPU. Default 1.'),
      optional: false,
      problem: problemOf('ranks'),
      note:
        gpus === 0
          ? l10n.t('no GPU was found: they share the processor')
          : l10n.t('GPUs that were found: {0}', gpus),
    },
    ({ id, invalid, describedBy }) =>
      html`<input
        id=${id}
        type="text"
        inputmode="decimal"
        class="numeric"
        autocomplete="off"
        spellcheck="false"
        aria-invalid=${invalid}
        aria-describedby=${describedBy}
        .value=${values.ranks}
        @input=${editing('ranks')}
      />`,
  );
}

interface Choice {
  readonly label: string;
  readonly help: string;
  readonly note: string;
  readonly choices: readonly (readonly [value: string, name: string])[];
}

function choiceField(
  { values, problemOf, editing }: ComputeFields,
  field: FormCompute,
  { label, help, note, choices }: Choice,
): TemplateResult {
  return formField(
    { field, label, help, optional: false, problem: problemOf(field), note },
    ({ id, invalid, describedBy }) =>
      html`<select id=${id} aria-invalid=${invalid} aria-describedby=${describedBy} @change=${editing(field)}>
        ${choices.map(
          ([value, name]) =>
            html`<option value=${value} ?selected=${value === values[field]}>${name}</option>`,
        )}
      </select>`,
  );
}
