import type { Batch } from '../../data/sequences/batch';
import type { Engine } from '../engine/engine';
import type { Tensor } from '../engine/tensor';
import {
  groupDocuments,
  separateDocuments,
  startOfEach,
  type Document,
  type DocumentGroup,
} from './documents';

/** The documents of a batch as attention needs them; neither where every row is one document. */
export interface AttentionDocuments {
  /** [B·T] int32: where the document of each position begins. Only where attention is the engine's own. */
  readonly documentStarts?: Tensor | undefined;
  /** Only where it is composed. */
  readonly packed?: PackedDocuments | undefined;
}

/** How documents become sequences of their own, group after group of [n·L] rows, and rows of the batch again. */
export interface PackedDocuments {
  /** n documents, padded to L positions each; `begin` is the first of their rows. */
  readonly groups: readonly { readonly begin: number; readonly batch: number; readonly length: number }[];
  /** int32, for each of the groups' rows the row of [B·T]; padding repeats its document's last, so that it is finite if that is. */
  readonly rows: Tensor;
  /** The same for gradients, with B·T, where a row of zeros is put, for padding: it adds nothing to its document's keys. */
  readonly gradientRows: Tensor;
  /** [B·T] int32: the groups' row of each position; for what lies beyond a row's end the one after the last, also of zeros. */
  readonly rowIndices: Tensor;
}

/**
 * Freed by {@link disposeDocuments}. There are as many tensors whatever the batch.
 * @param fused whether attention is the engine's own
 */
export function attentionDocuments(engine: Engine, batch: Batch, fused: boolean): AttentionDocuments {
  const documents = separateDocuments(batch);
  if (documents === undefined) {
    return {};
  }
  const kept = (values: Int32Array): Tensor => engine.keep(engine.indices(values, [values.length]));
  return fused
    ? { documentStarts: kept(startOfEach(batch, documents)) }
    : { packed: packedDocuments(batch, documents, kept) };
}

export function disposeDocuments(engine: Engine, { documentStarts, packed }: AttentionDocuments): void {
  engine.dispose(documentStarts, packed?.rows, packed?.gradientRows, packed?.rowIndices);
}

function packedDocuments(
  { tokens }: Batch,
  documents: readonly Document[],
  kept: (values: Int32Array) => Tensor,
): PackedDocuments {
  const groups: PackedDocuments['groups'][number][] = [];
  let total = 0;
  const planned = groupDocuments(documents);
  for (const { documents: members, length } of planned) {
    groups.push({ begin: total, batch: members.length, length });
    total += members.length * length;
  }
  const rows = new Int32Array(total);
  const gradientRows = new Int32Array(total).fill(tokens.length);
  const rowIndices = new Int32Array(tokens.length).fill(total);
  let at = 0;
  for (const { first, length, padded } of planned.flatMap(paddedDocuments)) {
    rows.fill(first + length - 1, at, at + padded);
    for (let position = 0; position < length; position++) {
      rows[at + position] = gradientRows[at + position] = first + position;
      rowIndices[first + position] = at + position;
    }
    at += padded;
  }
  return { groups, rows: kept(rows), gradientRows: kept(gradientRows), rowIndices: kept(rowIndices) };
}

function paddedDocuments({ documents, length }: DocumentGroup): (Document & { padded: number })[] {
  return documents.map((document) => ({ ...document, padded: length }));
}
