import { cellFacts } from '../../src/shared/heatmap/cellFacts';
import {
  importanceTable,
  type HeatColumn,
  type ImportanceTable,
} from '../../src/shared/heatmap/importanceTable';
import { colourRanges, type ColourRange } from '../../src/shared/heatmap/ranges';
import { valueTable, type ValueTable } from '../../src/shared/heatmap/valueTable';
import { sortRows, type SortOrder } from '../../src/shared/heatmap/sortRows';
import type { ImportanceFile } from '../../src/shared/method/importance';
import { l10n } from '../common/l10n';
import { pricedModel, type PricedModel } from '../../src/shared/launch/planPrice';
import type { FoundModel } from '../../src/shared/model/foundModel';
import { unitsWithGroups } from '../../src/shared/heatmap/groupsTable';
import type { CellContext, DescribeCell, GridColumn } from '../common/heatGrid';
import type { GridRow } from '../common/gridRow';
import { columnAbout } from './columnAbout';
import { gridRows } from './gridRows';
import type { HeatmapView } from './heatmapView';
import { cellText, columnName, headingOf, type LayerConfidence } from './texts';

type Colouring = Pick<HeatmapView, 'scale' | 'normsApart'>;

/** An importance.json as the page shows it. What follows from it is worked out once for each scale and order. */
export class ShownImportance {
  readonly table: ImportanceTable;
  /** The same on domain text; undefined where it was not measured. */
  readonly domainTable: ImportanceTable | undefined;
  readonly columns: readonly GridColumn[];
  readonly model: PricedModel;
  /** Those whose heads or groups of neurons were measured. */
  readonly units: readonly string[];
  private coloured:
    | (Colouring & {
        readonly ranges: ColourRange[];
        readonly rows: readonly GridRow[];
        readonly describe: DescribeCell;
      })
    | undefined;
  private sorted:
    | { readonly from: readonly GridRow[]; readonly order: SortOrder; readonly rows: GridRow[] }
    | undefined;

  /** @throws AdeptError (input) when the file's parts contradict one another. */
  constructor(
    readonly importance: ImportanceFile,
    model: FoundModel,
    /** Path of the importance.json. */
    readonly file: string,
  ) {
    this.table = importanceTable(importance, file);
    this.domainTable =
      importance.domain && importanceTable({ ...importance, ...importance.domain }, `${file}: "domain"`);
    this.columns = this.table.columns.map((column) => ({
      heading: headingOf(column),
      name: columnName(column),
      about: columnAbout(column, importance),
    }));
    this.model = pricedModel(model, importance);
    this.units = unitsWithGroups(importance);
  }

  /** Every number that was measured. */
  values(): ValueTable {
    return valueTable(this.table, { confidence: this.importance.trust, domain: this.domainTable });
  }

  get layers(): number {
    return this.table.rows.length;
  }

  ranges(colouring: Colouring): readonly ColourRange[] {
    return this.colour(colouring).ranges;
  }

  describe(colouring: Colouring): DescribeCell {
    return this.colour(colouring).describe;
  }

  /** Rows as they are drawn, in the view's order; the same objects as long as nothing about them changed. */
  rows({ scale, normsApart, order }: Colouring & Pick<HeatmapView, 'order'>): readonly GridRow[] {
    const from = this.colour({ scale, normsApart }).rows;
    if (this.sorted?.from !== from || this.sorted.order !== order) {
      const rows = sortRows(this.table.rows, order).flatMap(({ layer }) => from[layer] ?? []);
      this.sorted = { from, order, rows };
    }
    return this.sorted.rows;
  }

  /** What the menu of a cell can act on: the layer, its unit, and whether there is something inside that unit. */
  readonly context: CellContext = (layer, index) => {
    const column = index === undefined ? undefined : this.table.columns[index];
    const unit = column === undefined || column.name === 'layer' ? undefined : column.name;
    return {
      layer,
      ...(unit === undefined ? {} : { unit }),
      hasGroups: this.units.some((name) => name === unit),
    };
  };

  private colour({ scale, normsApart }: Colouring): NonNullable<typeof this.coloured> {
    if (this.coloured?.scale !== scale || this.coloured.normsApart !== normsApart) {
      const ranges = colourRanges(this.table, scale, normsApart);
      const rows = gridRows(this.table, ranges);
      this.coloured = { scale, normsApart, ranges, rows, describe: this.describing(ranges) };
    }
    return this.coloured;
  }

  private confidenceOf(layer: number, { name }: HeatColumn): LayerConfidence | undefined {
    const { trust: confidence } = this.importance;
    const found = name === 'layer' ? confidence?.layers.find(({ index }) => index === layer) : undefined;
    return confidence === undefined || found === undefined
      ? undefined
      : { interval: confidence.interval, ...found };
  }

  private describing(ranges: readonly ColourRange[]): DescribeCell {
    const { table } = this;
    return (layer, index, isMarked) => {
      const column = index === undefined ? undefined : table.columns[index];
      return index === undefined || column === undefined
        ? isMarked
          ? l10n.t('Layer {0} is marked for expansion: Space unmarks it', layer)
          : l10n.t('Layer {0}: Space marks it for expansion', layer)
        : cellText(layer, column, cellFacts(table, ranges, layer, index), this.confidenceOf(layer, column));
    };
  }
}
