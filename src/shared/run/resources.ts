import * as v from 'valibot';

const bytes = v.pipe(v.number(), v.integer(), v.minValue(0));
const share = v.pipe(v.number(), v.minValue(0));

/** A GPU of the machine, as its driver describes it; what it does not say is left out. */
export const GpuUse = v.object({
  index: bytes,
  name: v.string(),
  memoryUsedBytes: v.optional(bytes),
  memoryTotalBytes: v.optional(bytes),
  /** Part of the time in which it computed anything, 0 to 100. */
  utilizationPercent: v.optional(share),
});
export type GpuUse = v.InferOutput<typeof GpuUse>;

/** What a trainer and its machine use at a moment. What cannot be read on a system is left out, never 0. */
export const ResourceUse = v.object({
  /** Resident memory of the trainer and, on Linux, of the processes that it started. Pages that they share count for each. */
  residentBytes: v.optional(bytes),
  /** Processor time of these over the last `seconds`, in percent of one core; left out of a trainer's first sample. */
  cpuPercent: v.optional(share),
  /** Wall-clock time since the sample before; left out of a trainer's first. */
  seconds: v.optional(share),
  machineFreeBytes: v.optional(bytes),
  machineTotalBytes: v.optional(bytes),
  gpus: v.optional(v.array(GpuUse)),
});
export type ResourceUse = v.InferOutput<typeof ResourceUse>;

/** Of a machine's memory: with less of it free the system slows down or ends processes. */
export const LOW_MEMORY_SHARE = 0.05;
