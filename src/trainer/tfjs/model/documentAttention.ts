import type { Engine } from '../engine/engine';
import type { Tensor } from '../engine/tensor';
import type { AttentionInputs } from '../engine/fusedKernels';
import { QUERY_BLOCK } from '../../../shared/model/queryBlock';
import {
  firstPositions,
  ropeOf,
  type AttentionContext,
  type AttentionLayer,
  type AttentionSaved,
} from './attentionContext';
import { composedBackward, composedForward, savedTensors, type ComposedSaved } from './composedAttention';
import type { PackedDocuments } from './documentTensors';

/** A group of documents, and what its backward pass needs. */
interface GroupSaved {
  readonly group: PackedDocuments['groups'][number];
  readonly saved: ComposedSaved;
}

/**
 * Composed attention within the documents of packed rows: they are gathered into sequences of their own, so that positions
 * begin anew, the causal mask is the ordinary one, and only scores within documents are computed.
 */
export function documentAttention(
  context: AttentionContext,
  packed: PackedDocuments,
  inputs: AttentionInputs,
  layer: AttentionLayer,
): { attended: Tensor; saved: AttentionSaved } {
  const { engine } = context;
  // As for whole rows: the weights of long ones are computed again, however short their documents are.
  const keepWeights = context.length <= QUERY_BLOCK;
  const { attended, parts } = engine.tidy(() => {
    const forward = packed.groups.map((group) =>
      engine.tidy(() => {
        const rows = ofGroup(engine, packed.rows, group);
        const own: AttentionInputs = {
          queries: engine.gather(inputs.queries, rows),
          keys: engine.gather(inputs.keys, rows),
          values: engine.gather(inputs.values, rows),
        };
        return { group, ...composedForward(groupContext(context, layer, group), own, layer, keepWeights) };
      }),
    );
    const outputs = forward.map((part) => part.attended);
    const saved = forward.map((part): GroupSaved => ({ group: part.group, saved: part.saved }));
    return { attended: unpacked(engine, packed, outputs), parts: saved };
  });
  return {
    attended,
    saved: {
      tensors: parts.flatMap(({ saved }) => savedTensors(saved)),
      backward: (_attended, gradient) => documentsBackward(context, packed, parts, gradient),
    },
  };
}

function documentsBackward(
  context: AttentionContext,
  packed: PackedDocuments,
  parts: readonly GroupSaved[],
  gradient: Tensor,
): AttentionInputs {
  const { engine } = context;
  return engine.tidy(() => {
    const padded = engine.concat([gradient, zeroRow(engine, gradient)], 0);
    const gradients = parts.map(({ group, saved }) =>
      engine.tidy(() => {
        const own = engine.gather(padded, ofGroup(engine, packed.gradientRows, group));
        return composedBackward(groupContext(context, saved.layer, group), saved, own);
      }),
    );
    const of = (name: keyof AttentionInputs): Tensor =>
      unpacked(
        engine,
        packed,
        gradients.map((part) => part[name]),
      );
    return { queries: of('queries'), keys: of('keys'), values: of('values') };
  });
}

/** Sequences of a group's own length; masks say what is seen by distance, and so serve it too. */
function groupContext(
  context: AttentionContext,
  layer: AttentionLayer,
  { batch, length }: GroupSaved['group'],
): AttentionContext {
  const ropes = new Map([[layer.rope, firstPositions(context, ropeOf(context, layer), length)]]);
  return { ...context, batch, length, ropes };
}

/** The indices of one group, [n·L]. */
function ofGroup(engine: Engine, indices: Tensor, { begin, batch, length }: GroupSaved['group']): Tensor {
  return engine.slice(indices, [begin], [batch * length]);
}

/** Rows of all groups, [n·L, width] each, as rows of the batch, [B·T, width]; 0 beyond a row's end. */
function unpacked(engine: Engine, { rowIndices }: PackedDocuments, parts: readonly Tensor[]): Tensor {
  return engine.tidy(() => {
    const [any] = parts;
    const rows = engine.concat(any ? [...parts, zeroRow(engine, any)] : [], 0);
    return engine.gather(rows, rowIndices);
  });
}

/** [1, width] for rows [n, width]. */
function zeroRow(engine: Engine, { shape: [, width = 0] }: Tensor): Tensor {
  return engine.zeros([1, width]);
}
