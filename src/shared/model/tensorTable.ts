import * as v from 'valibot';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** One tensor of a weight file, as a table shows it. */
export const TensorRow = v.object({
  name: v.string(),
  dtype: v.string(),
  shape: v.array(count),
  /** From the start of the file; null where the header does not say. */
  byteOffset: v.nullable(count),
  byteLength: v.nullable(count),
  /** Whether it belongs to a layer that an expansion added. */
  added: v.boolean(),
  /** What is wrong with it; null for a sound tensor. */
  problem: v.nullable(v.string()),
});
export type TensorRow = v.InferOutput<typeof TensorRow>;

export const TensorColumn = v.picklist(['name', 'dtype', 'shape', 'parameters', 'byteLength', 'byteOffset']);
export type TensorColumn = v.InferOutput<typeof TensorColumn>;

export const TensorSort = v.object({ column: TensorColumn, descending: v.boolean() });
export type TensorSort = v.InferOutput<typeof TensorSort>;

export const TensorFilter = v.object({
  /** Words that all have to occur in name, dtype or shape; case does not matter. */
  text: v.string(),
  /** One dtype; empty for all. */
  dtype: v.string(),
  /** `added`: of added layers only; `problems`: only what is wrong. */
  only: v.picklist(['all', 'added', 'problems']),
});
export type TensorFilter = v.InferOutput<typeof TensorFilter>;

export const NO_FILTER: TensorFilter = { text: '', dtype: '', only: 'all' };
/** The order of the bytes in the file. */
export const FILE_ORDER: TensorSort = { column: 'byteOffset', descending: false };

export interface DtypeTotal {
  readonly dtype: string;
  readonly tensors: number;
  readonly parameters: number;
  readonly bytes: number;
}

export interface TensorTotals extends Omit<DtypeTotal, 'dtype'> {
  /** By bytes, the largest first. */
  readonly dtypes: readonly DtypeTotal[];
}

/** Number of elements; a scalar has one. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** `[2, 3]`; `[]` is a scalar. */
export function formatShape(shape: readonly number[]): string {
  return `[${shape.join(', ')}]`;
}

export function filterTensors(rows: readonly TensorRow[], filter: TensorFilter): TensorRow[] {
  const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
  return rows.filter((row) => {
    if (filter.dtype !== '' && row.dtype !== filter.dtype) {
      return false;
    }
    if ((filter.only === 'added' && !row.added) || (filter.only === 'problems' && row.problem === null)) {
      return false;
    }
    const text = `${row.name} ${row.dtype} ${formatShape(row.shape)}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

/** A sorted copy; equal rows stay in their order, whatever the direction, and what is not known comes last. */
export function sortTensors(rows: readonly TensorRow[], { column, descending }: TensorSort): TensorRow[] {
  const keyed = rows.map((row) => ({ row, key: sortKey(row, column) }));
  const direction = descending ? -1 : 1;
  keyed.sort((a, b) => {
    if (a.key === null || b.key === null) {
      return Number(a.key === null) - Number(b.key === null);
    }
    return a.key < b.key ? -direction : a.key > b.key ? direction : 0;
  });
  return keyed.map(({ row }) => row);
}

function sortKey(row: TensorRow, column: TensorColumn): string | number | null {
  switch (column) {
    case 'name':
      return naturalKey(row.name);
    case 'dtype':
      return row.dtype;
    case 'shape':
      return naturalKey(formatShape(row.shape));
    case 'parameters':
      return elementCount(row.shape);
    case 'byteLength':
      return row.byteLength;
    case 'byteOffset':
      return row.byteOffset;
  }
}

/** Text whose plain order puts layer 2 before layer 10. */
function naturalKey(text: string): string {
  return text.replace(/\d+/g, (digits) => digits.padStart(16, '0'));
}

/** Sums over the tensors, all together and by dtype. */
export function totalsOf(rows: readonly TensorRow[]): TensorTotals {
  const dtypes = new Map<string, { tensors: number; parameters: number; bytes: number }>();
  for (const { dtype, shape, byteLength } of rows) {
    const total = dtypes.get(dtype) ?? { tensors: 0, parameters: 0, bytes: 0 };
    total.tensors += 1;
    total.parameters += elementCount(shape);
    total.bytes += byteLength ?? 0;
    dtypes.set(dtype, total);
  }
  const list = [...dtypes].map(([dtype, total]) => ({ dtype, ...total }));
  const sum = (pick: (total: DtypeTotal) => number): number =>
    list.reduce((all, total) => all + pick(total), 0);
  return {
    tensors: rows.length,
    parameters: sum(({ parameters }) => parameters),
    bytes: sum(({ bytes }) => bytes),
    dtypes: list.sort((a, b) => b.bytes - a.bytes),
  };
}
