import type { ImportanceTable } from './importanceTable';
import { relativePlaces } from './rank';

/** What a layer, or a unit of it, matters to: its places among the others on general and on domain text. */
export type Quadrant = 'domain' | 'both' | 'general' | 'neither';

/** A layer in the picture of general × domain importance. */
export interface QuadrantPoint {
  readonly layer: number;
  readonly general: number;
  readonly domain: number;
  /** Places among the layers, 0 (lowest) to 1 (highest). */
  readonly generalPlace: number;
  readonly domainPlace: number;
  readonly quadrant: Quadrant;
}

const MIDDLE = 0.5;

/**
 * Where every layer stands by one column of the heatmap: the layer as a whole, or one of its units. Places instead of
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
  const generalPlaces = relativePlaces(both.map(({ onGeneral }) => onGeneral));
  const domainPlaces = relativePlaces(both.map(({ onDomain }) => onDomain));
  return both.map(({ layer, onGeneral, onDomain }) => {
    const generalPlace = generalPlaces.get(onGeneral) ?? MIDDLE;
    const domainPlace = domainPlaces.get(onDomain) ?? MIDDLE;
    return {
      layer,
      general: onGeneral,
      domain: onDomain,
      generalPlace,
      domainPlace,
      quadrant: quadrantOf(generalPlace > MIDDLE, domainPlace > MIDDLE),
    };
  });
}

function quadrantOf(mattersToGeneral: boolean, mattersToDomain: boolean): Quadrant {
  if (mattersToDomain) {
    return mattersToGeneral ? 'both' : 'domain';
  }
  return mattersToGeneral ? 'general' : 'neither';
}
