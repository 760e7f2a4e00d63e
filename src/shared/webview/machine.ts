import * as v from 'valibot';
import { CurvePatch } from './curvePatch';

const text = v.string();
const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const amount = v.nullable(v.number());

/** A quantity over time: seconds since the run began. */
export const MachineSeries = v.object({
  curve: CurvePatch,
  /** Of the latest sample; null where it does not have it. */
  now: amount,
  peak: amount,
});
export type MachineSeries = v.InferOutput<typeof MachineSeries>;

/** What a trainer and its machine used; series that were never measured are left out. Replaces what was known, curves by their patch. */
export const MachineNews = v.object({
  /** Resident bytes of the trainer with its processes. */
  resident: v.optional(MachineSeries),
  /** Bytes of the machine that are in use, by whatever. */
  used: v.optional(MachineSeries),
  /** Processor cores that the trainer keeps busy. */
  cores: v.optional(MachineSeries),
  gpus: v.array(
    v.object({
      index: count,
      name: text,
      totalBytes: amount,
      memory: v.optional(MachineSeries),
      /** In percent. */
      utilization: v.optional(MachineSeries),
    }),
  ),
  totalBytes: amount,
  /** Memory of the machine that was free at the latest sample. */
  freeBytes: amount,
  /** Positions of the samples with which a trainer began: before them the run was not running. */
  begins: v.array(v.number()),
});
export type MachineNews = v.InferOutput<typeof MachineNews>;
