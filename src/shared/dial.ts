import * as v from 'valibot';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const losses = { domainLoss: v.number(), generalLoss: v.number() };

/** dial.json of a run folder: what the added layers of a checkpoint are worth, all together and one by one. */
export const DialFile = v.object({
  format: v.literal('adept.dial/1'),
  step: count,
  /** By ascending α: 0 is the original model, 1 the tuned one. */
  points: v.array(v.object({ alpha: v.number(), ...losses })),
  /** The tuned model without one added layer each. */
  without: v.array(v.object({ layer: count, source: count, ...losses })),
});
export type DialFile = v.InferOutput<typeof DialFile>;
export type DialPoint = DialFile['points'][number];

/**
 * The α whose domain loss is the lowest among those whose general loss exceeds the original's by no more than `limit` nats;
 * α = 0 always qualifies.
 */
export function bestAlpha({ points }: Pick<DialFile, 'points'>, limit: number): DialPoint | undefined {
  const [original] = points;
  if (original === undefined) {
    return undefined;
  }
  const allowed = points.filter(
    (point) => point === original || point.generalLoss - original.generalLoss <= limit,
  );
  return allowed.reduce((best, point) => (point.domainLoss < best.domainLoss ? point : best));
}

/** What an added layer bought: nats by which domain and general loss are lower with it than without it. */
export function layerWorth(
  { points }: Pick<DialFile, 'points'>,
  { domainLoss, generalLoss }: DialFile['without'][number],
): { domain: number; general: number } {
  const tuned = points.at(-1);
  return tuned === undefined
    ? { domain: NaN, general: NaN }
    : { domain: domainLoss - tuned.domainLoss, general: generalLoss - tuned.generalLoss };
}

/** Losses at any α: measured, or on the line between the two measured ones around it. */
export function lossesAt({ points }: Pick<DialFile, 'points'>, alpha: number): DialPoint | undefined {
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
