/** What commands need of the heatmap that has the focus. */
export interface ActiveHeatmap {
  /** The importance.json it shows. */
  readonly file: string;
  /** The model's folder. */
  readonly model: string;
  readonly selectedLayers: readonly number[];
  /** Opens the form that starts tuning. */
  showLaunch(): void;
}

/** Which panel has the focus; panels say so, commands ask. */
export class ActivePanel {
  heatmap: ActiveHeatmap | undefined;
  /** The run folder of the run panel that has the focus. */
  run: string | undefined;
}
