import { hasUnit } from '../../../shared/model/modelUnits';
import type { ExpansionManifest } from '../../../shared/run/manifest';
import type { RunSpec } from '../../../shared/run/runFolder';
import type { UnitRate } from '../../../shared/method/unitRate';
import { ratesAt, unitRates } from '../../../shared/method/learningRates';
import { unitImportance, type UnitImportance } from '../../method/unitImportance';
import type { BatchList } from '../../data/sequences/batch';
import type { Model } from '../../executor/executor';
import type { Task } from '../../task';
import { readImportance } from '../measure/importanceInput';

export interface MeasuredRates {
  readonly units: UnitRate[];
  /** What was measured; undefined when nothing was, because all rates are equal. */
  readonly source?: 'source layers' | 'added layers' | 'all layers';
  /** Whether every importance is a finite number. */
  readonly finite: boolean;
}

/** Where a run's unit-wise learning rates come from: seeded from the source layers, then measured on what is trained. */
export class RateSource {
  private readonly trainedLayers: readonly number[];

  constructor(
    private readonly spec: RunSpec,
    private readonly model: Pick<Model, 'config' | 'units' | 'unitSums'>,
    private readonly manifest: ExpansionManifest | undefined,
    private readonly probe: BatchList,
    private readonly task: Task,
  ) {
    this.trainedLayers = manifest
      ? manifest.added.map(({ layer }) => layer)
      : Array.from({ length: model.config.numHiddenLayers }, (_, layer) => layer);
  }

  /** Rates of the first steps. */
  async initial(base: number): Promise<MeasuredRates> {
    if (this.spec.tune.unitRates === 'equal') {
      const units = this.trainedLayers.flatMap((layer) =>
        this.unitsIn(layer).map(({ name }) => ({ layer, name, importance: 0 })),
      );
      return { units: unitRates(units, base, this.spec.tune), finite: true };
    }
    return this.manifest
      ? this.measured(
          this.storedImportance(this.manifest) ?? (await this.sourceImportance(this.manifest)),
          base,
          'source layers',
        )
      : this.refresh(base);
  }

  /** Rates from the trained layers' own importance. @param previous the rates in force */
  async refresh(base: number, previous: readonly UnitRate[] = []): Promise<MeasuredRates> {
    return this.measured(
      await this.measure(this.trainedLayers),
      base,
      this.manifest ? 'added layers' : 'all layers',
      previous,
    );
  }

  /** What the importances of a step were measured on. */
  sourceAt(step: number): MeasuredRates['source'] & string {
    return this.manifest === undefined ? 'all layers' : step === 0 ? 'source layers' : 'added layers';
  }

  /** Rates that known importances lead to at another base rate. */
  rate(units: readonly UnitRate[], base: number): UnitRate[] {
    return ratesAt(units, base, this.spec.tune);
  }

  private unitsIn(layer: number): Model['units'] {
    return this.model.units.filter((unit) => hasUnit(unit, layer));
  }

  private measured(
    units: readonly UnitImportance[],
    base: number,
    source: MeasuredRates['source'] & string,
    previous: readonly UnitRate[] = [],
  ): MeasuredRates {
    const finite = units.every(({ importance }) => Number.isFinite(importance));
    return { units: unitRates(units, base, this.spec.tune, previous), source, finite };
  }

  private measure(layers: readonly number[]): Promise<UnitImportance[]> {
    return unitImportance(
      this.model,
      this.probe,
      { layers, definition: this.spec.tune.unitDefinition },
      this.task,
      { reuse: true },
    );
  }

  /** A fresh copy's own importance is zero everywhere (θ or its gradient is), so its source stands in for it. */
  private async sourceImportance(manifest: ExpansionManifest): Promise<UnitImportance[]> {
    const measured = await this.measure(manifest.added.map(({ sourceLayer }) => sourceLayer));
    return manifest.added.flatMap(({ layer, sourceLayer }) =>
      measured.filter((unit) => unit.layer === sourceLayer).map((unit) => ({ ...unit, layer })),
    );
  }

  /** What stage 1 measured, where it fits this run. */
  private storedImportance(manifest: ExpansionManifest): UnitImportance[] | undefined {
    const { importance: file, tune } = this.spec;
    if (file === undefined) {
      return undefined;
    }
    const stored = readImportance(file);
    if (stored.unitDefinition !== tune.unitDefinition || stored.model.layers !== manifest.base.layers) {
      return undefined;
    }
    const value = new Map(
      stored.units.map(({ layer, name, importance }) => [`${layer}.${name}`, importance]),
    );
    const units = manifest.added.flatMap(({ layer, source }) =>
      this.unitsIn(layer).map(({ name }) => ({
        layer,
        name,
        importance: value.get(`${source}.${name}`) ?? NaN,
      })),
    );
    return units.every(({ importance }) => Number.isFinite(importance)) ? units : undefined;
  }
}
