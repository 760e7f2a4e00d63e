import type { ImportanceTable } from './importanceTable';
import { relativeRanks } from './rank';

/** What a layer, or a unit of it, matters to: its ranks among the others on general and on domain text. */
export type Quadrant = 'domain' | 'both' | 'general' | 'neither';

/** A layer in the picture of general × domain importance. */
export interface QuadrantPoint {
  readonly layer: number;
  readonly general: number;
  readonly domain: number;
  /** Ranks among the layers, 0 (lowest) to 1 (highest). */
  readonly generalRank: number;
  readonly domainRank: number;
  readonly quadrant: Quadrant;
}

const MIDDLE = 0.5;

/**
 * Where every layer stands by one column of the heatmap: the layer as a whole, or one of its units. Ranks instead of
 * values, because the two importances have different sizes, and a few layers are often far above all others.
 */
export function quadrantPoints(
  general: ImportanceTable,
  domain: ImportanceTable,
  column: number,
): QuadrantPoint[] {
  const both = general.rows.flatMap(({ layer, values }) => {
    const [onGeneral, onDomain] = [values[column], domain.rows[layer]?.values[column]];
    return onGeneral === undefined || onDomain === undefined ? [] : [{ layer, onGeneral, onDomain }];
  });
  const generalRanks = relativeRanks(both.map(({ onGeneral }) => onGeneral));
  const domainRanks = relativeRanks(both.map(({ onDomain }) => onDomain));
  return both.map(({ layer, onGeneral, onDomain }) => {
    const generalRank = generalRanks.get(onGeneral) ?? MIDDLE;
    const domainRank = domainRanks.get(onDomain) ?? MIDDLE;
    return {
      layer,
      general: onGeneral,
      domain: onDomain,
      generalRank,
      domainRank,
      quadrant: quadrantOf(generalRank > MIDDLE, domainRank > MIDDLE),
    };
  });
}

function quadrantOf(mattersToGeneral: boolean, mattersToDomain: boolean): Quadrant {
  if (mattersToDomain) {
    return mattersToGeneral ? 'both' : 'domain';
  }
  return mattersToGeneral ? 'general' : 'neither';
}
