/**
 * Why a run must stop because it forgets more than it may, as a sentence without an end; undefined when it need not.
 * @param limit nats by which general loss may exceed `before`
 * @param before general loss before tuning, nats per token; null when it is not known or no finite number
 * @param now general loss of the latest evaluation; null when it is no finite number
 */
export function forgettingVerdict(
  limit: number,
  before: number | null,
  now: number | null,
): string | undefined {
  if (before === null) {
    return `general loss before tuning is not known, so whether it rose by more than ${limit} nats cannot be told`;
  }
  if (now === null) {
    return `general loss is no finite number; it was ${before.toFixed(4)} nats before tuning and may rise by ${limit}`;
  }
  const rise = now - before;
  return rise > limit
    ? `general loss is ${now.toFixed(4)} nats, ${rise.toFixed(4)} more than the ${before.toFixed(4)} before tuning, and may rise by ${limit}`
    : undefined;
}
