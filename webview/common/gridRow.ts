/** A layer as the grid draws it: what stands before its row, and a text and a class for each column. */
export interface GridRow {
  readonly layer: number;
  readonly heading: string;
  readonly cells: readonly { readonly text: string; readonly heat: string }[];
}
