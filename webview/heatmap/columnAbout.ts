import type { HeatColumn } from '../../src/shared/heatmap/importanceTable';
import type { ImportanceFile } from '../../src/shared/method/importance';
import type { UnitName } from '../../src/shared/model/architecture';
import { FAMILIES, isFamily, type Family } from '../../src/shared/model/families';
import { writesOutput } from '../../src/shared/model/outputUnits';
import { l10n } from '../common/l10n';

/** What a column measures; undefined for units of families whose parts only transformers knows. */
export function columnAbout({ name }: HeatColumn, { mode, model }: ImportanceFile): string | undefined {
  if (name === 'layer') {
    return mode === 'exact'
      ? l10n.t('How much the loss on general text rises when the layer is left out, in nats.')
      : l10n.t('How much the layer changes its input, relative to its size: an estimate.');
  }
  // Other families use the same names for norms in other places.
  return isFamily(model.family) ? unitAbout(name as UnitName, model.family) : undefined;
}

function unitAbout(name: UnitName, family: Family): string {
  const about = partAbout(name, family);
  return writesOutput(family, name)
    ? `${about} ${l10n.t('Adds to the residual stream: in a fresh copy it writes nothing.')}`
    : about;
}

function partAbout(name: UnitName, family: Family): string {
  switch (name) {
    case 'self_attn.q_proj':
      return l10n.t('Queries of attention: what each position looks for.');
    case 'self_attn.k_proj':
      return l10n.t('Keys of attention: what each position is found by.');
    case 'self_attn.v_proj':
      return l10n.t('Values of attention: what each position passes on.');
    case 'self_attn.q_norm':
      return l10n.t('The norm of the queries.');
    case 'self_attn.k_norm':
      return l10n.t('The norm of the keys.');
    case 'self_attn.o_proj':
      return l10n.t('Output of attention.');
    case 'mlp.gate_proj':
      return l10n.t('Gate of the MLP: how much of each neuron passes.');
    case 'mlp.up_proj':
      return l10n.t('Input of the MLP: what each neuron responds to.');
    case 'mlp.down_proj':
      return l10n.t('Output of the MLP.');
    case 'input_layernorm':
    case 'post_self_attn_layernorm':
    case 'post_attention_layernorm':
    case 'pre_feedforward_layernorm':
    case 'post_feedforward_layernorm':
    case 'post_mlp_layernorm':
      return normAbout(name, family);
  }
}

/** Families use the same names for norms in different places. */
function normAbout(name: UnitName, family: Family): string {
  const { attentionInput, attentionOutput, mlpInput } = FAMILIES[family].norms;
  if (name === attentionInput) {
    return l10n.t('The norm before attention.');
  }
  if (name === attentionOutput) {
    return l10n.t('The norm after attention.');
  }
  return name === mlpInput ? l10n.t('The norm before the MLP.') : l10n.t('The norm after the MLP.');
}
