import * as v from 'valibot';
import * as vscode from 'vscode';
import { parseWith } from '../../shared/common/parse';

/** The layer, and the unit in it, whose cell a menu was opened on. */
const HeatCell = v.object({
  layer: v.pipe(v.number(), v.integer(), v.minValue(0)),
  unit: v.optional(v.pipe(v.string(), v.minLength(1))),
});
export type HeatCell = v.InferOutput<typeof HeatCell>;

/** @throws AdeptError (input) when the argument is no cell of the heatmap */
export function heatCellOf(argument: unknown): HeatCell {
  return parseWith(HeatCell, argument, vscode.l10n.t('the cell'));
}
