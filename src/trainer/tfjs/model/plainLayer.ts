import { FAMILIES } from '../../../shared/model/families';
import type { ModelConfig } from '../../../shared/model/config';
import type { PlainLayer } from '../engine/fusedKernels';
import type { Block } from './block';
import { isInHalves } from './rotaryOrder';

/** A layer's weights where the layer is one that a single kernel computes; undefined where anything is otherwise. */
export function plainLayer(config: ModelConfig, { tensors, rope }: Block): PlainLayer | undefined {
  const { norms, normOffset, queryKeyNorms } = FAMILIES[config.family];
  const { attentionInput, mlpInput, attentionOutput, mlpOutput } = norms;
  const attentionNorm = attentionInput && tensors[attentionInput]?.weight;
  const mlpNorm = mlpInput && tensors[mlpInput]?.weight;
  const units = [
    tensors['self_attn.q_proj'],
    tensors['self_attn.k_proj'],
    tensors['self_attn.v_proj'],
    tensors['self_attn.o_proj'],
    tensors['mlp.gate_proj'],
    tensors['mlp.up_proj'],
    tensors['mlp.down_proj'],
  ] as const;
  const [{ weight: first }] = units;
  const isPlain =
    attentionOutput === undefined &&
    mlpOutput === undefined &&
    normOffset === 0 &&
    queryKeyNorms === 'none' &&
    config.activation === 'silu' &&
    config.residualScale === 1 &&
    (rope === undefined || isInHalves(rope, config.headDim)) &&
    units.every(({ weight, bias }) => bias === undefined && weight.dtype === first.dtype);
  if (!isPlain || attentionNorm === undefined || mlpNorm === undefined) {
    return undefined;
  }
  const [q, k, v, o, gate, up, down] = units;
  return {
    ...{ attentionNorm, mlpNorm, epsilon: config.rmsNormEps },
    projections: [q.weight, k.weight, v.weight, o.weight, gate.weight, up.weight, down.weight],
  };
}
