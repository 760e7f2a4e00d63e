export type ScheduleKind = 'constant' | 'cosine' | 'linear';

/**
 * Factor of the learning rate at optimiser step `step` (from 0): linear warm-up from 0, then constant, or down to 0 at
 * `total` by half a cosine or a line. Source: transformers, optimization.py, get_scheduler.
 */
export function scheduleFactor(kind: ScheduleKind, step: number, warmup: number, total: number): number {
  if (step < warmup) {
    return step / Math.max(1, warmup);
  }
  const progress = (step - warmup) / Math.max(1, total - warmup);
  switch (kind) {
    case 'constant':
      return 1;
    case 'cosine':
      return Math.max(0, 0.5 * (1 + Math.cos(Math.PI * progress)));
    case 'linear':
      return Math.max(0, 1 - progress);
  }
}
