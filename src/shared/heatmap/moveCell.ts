/** A cell of a grid; row 0 holds the headings. */
export interface CellPosition {
  readonly row: number;
  readonly column: number;
}

export interface GridSize {
  readonly rows: number;
  readonly columns: number;
  /** How many rows a page is. */
  readonly page: number;
}

/** Where a key leads, as the ARIA pattern of grids has it; undefined for other keys. `control`: Ctrl, or Cmd on a Mac. */
export function moveCell(
  { row, column }: CellPosition,
  key: string,
  control: boolean,
  { rows, columns, page }: GridSize,
): CellPosition | undefined {
  const within = (value: number, count: number): number => Math.max(0, Math.min(count - 1, value));
  const to = (nextRow: number, nextColumn: number): CellPosition => ({
    row: within(nextRow, rows),
    column: within(nextColumn, columns),
  });
  switch (key) {
    case 'ArrowUp':
      return to(row - 1, column);
    case 'ArrowDown':
      return to(row + 1, column);
    case 'ArrowLeft':
      return to(row, column - 1);
    case 'ArrowRight':
      return to(row, column + 1);
    case 'Home':
      return to(control ? 0 : row, 0);
    case 'End':
      return to(control ? rows : row, columns);
    case 'PageUp':
      return to(row - page, column);
    case 'PageDown':
      return to(row + page, column);
    default:
      return undefined;
  }
}
