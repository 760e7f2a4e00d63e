import * as v from 'valibot';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const losses = { domainLoss: v.number(), generalLoss: v.number() };

/** dial.json of a run folder: losses with the added layers of a checkpoint scaled by α, and without each layer. */
export const StrengthFile = v.object({
  format: v.literal('adept.dial/1'),
  step: count,
  /** By how many nats general loss may rise in this run, where it has a limit. */
  maxGeneralRise: v.optional(v.number()),
  /** By ascending α: 0 is the original model, 1 the tuned one. */
  points: v.array(v.object({ alpha: v.number(), ...losses })),
  /** The tuned model without one added layer each. */
  without: v.array(v.object({ layer: count, source: count, ...losses })),
  /** The tuned model without all of these, of which each one, and all together, contributed nothing; null where there are none. */
  pruned: v.optional(v.nullable(v.object({ layers: v.array(count), ...losses }))),
});
export type StrengthFile = v.InferOutput<typeof StrengthFile>;
export type StrengthPoint = StrengthFile['points'][number];

/** So much of the largest domain gain is kept by a strength that is recommended instead. */
const KEPT_GAIN = 0.8;
/** General ability must not be lost: a nat of general loss counts for so many of domain loss. */
const GENERAL_WEIGHT = 2;

export interface RecommendedStrength extends StrengthPoint {
  /** Of the largest domain gain within the limit, 0 to 1; null where there is none. */
  readonly kept: number | null;
  /** The strength of that gain. */
  readonly largest: StrengthPoint;
}

/**
 * Reads a strength off the curve: of those whose general loss exceeds the original's by no more than `limit` nats, and which
 * keep most of the largest domain gain among them, the one that buys domain loss at the least general loss. α = 0 always
 * qualifies.
 */
export function recommendedStrength(
  { points }: Pick<StrengthFile, 'points'>,
  limit: number,
): RecommendedStrength | undefined {
  const [original] = points;
  if (original === undefined) {
    return undefined;
  }
  const allowed = points.filter(
    (point) => point === original || point.generalLoss - original.generalLoss <= limit,
  );
  const largest = allowed.reduce((best, point) => (point.domainLoss < best.domainLoss ? point : best));
  const gain = (point: StrengthPoint): number => original.domainLoss - point.domainLoss;
  const cost = (point: StrengthPoint): number => point.domainLoss + GENERAL_WEIGHT * point.generalLoss;
  const best = allowed
    .filter((point) => gain(point) >= KEPT_GAIN * gain(largest))
    .reduce((one, point) => (cost(point) < cost(one) ? point : one), largest);
  return { ...best, kept: gain(largest) > 0 ? gain(best) / gain(largest) : null, largest };
}

/** What an added layer contributed: nats by which domain and general loss are lower with it than without it. */
export function layerWorth(
  { points }: Pick<StrengthFile, 'points'>,
  { domainLoss, generalLoss }: StrengthFile['without'][number],
): { domain: number; general: number } {
  const tuned = points.at(-1);
  return tuned === undefined
    ? { domain: NaN, general: NaN }
    : { domain: domainLoss - tuned.domainLoss, general: generalLoss - tuned.generalLoss };
}

/** How much general loss may rise, nats, where nothing else is said: for the α that is recommended. */
export const USUAL_RISE = 0.02;

/** The same of a run, which may have a limit of its own. */
export function allowedRise({ maxGeneralRise }: Pick<StrengthFile, 'maxGeneralRise'>): number {
  return maxGeneralRise ?? USUAL_RISE;
}

/** Added layers that lower neither loss, one by one, the worst first: candidates for leaving out together. */
function prunable(measured: Pick<StrengthFile, 'points' | 'without'>): number[] {
  return measured.without
    .map((entry) => ({ layer: entry.layer, ...layerWorth(measured, entry) }))
    .filter(({ domain, general }) => domain <= 0 && general <= 0)
    .sort((a, b) => a.domain - b.domain || a.layer - b.layer)
    .map(({ layer }) => layer);
}

/**
 * Layers that are worth nothing each may be worth something together: leaves out as many of them as are not.
 * @param measure both losses without these layers; not asked for a single one, which is known
 */
export async function prune(
  measured: Pick<StrengthFile, 'points' | 'without'>,
  measure: (layers: readonly number[]) => Promise<Pick<StrengthPoint, 'domainLoss' | 'generalLoss'>>,
): Promise<NonNullable<StrengthFile['pruned']> | null> {
  const candidates = prunable(measured);
  const tuned = measured.points.at(-1);
  for (let kept = candidates.length; kept > 0 && tuned !== undefined; kept -= 1) {
    const layers = candidates.slice(0, kept);
    const alone = kept === 1 ? measured.without.find(({ layer }) => layer === layers[0]) : undefined;
    const { domainLoss, generalLoss } = alone ?? (await measure(layers));
    if (domainLoss <= tuned.domainLoss && generalLoss <= tuned.generalLoss) {
      return { layers: layers.toSorted((a, b) => a - b), domainLoss, generalLoss };
    }
  }
  return null;
}

/** Losses at any α: measured, or on the line between the two measured ones around it. */
export function lossesAt({ points }: Pick<StrengthFile, 'points'>, alpha: number): StrengthPoint | undefined {
  const above = points.find((point) => point.alpha >= alpha);
  const below = points.findLast((point) => point.alpha <= alpha);
  if (above === undefined || below === undefined) {
    return undefined;
  }
  const share = above.alpha === below.alpha ? 0 : (alpha - below.alpha) / (above.alpha - below.alpha);
  const between = (from: number, to: number): number => from + share * (to - from);
  return {
    alpha,
    domainLoss: between(below.domainLoss, above.domainLoss),
    generalLoss: between(below.generalLoss, above.generalLoss),
  };
}
