import * as v from 'valibot';

const whole = v.pipe(v.number(), v.integer(), v.minValue(1));
const positive = v.pipe(v.number(), v.gtValue(0));
const name = v.pipe(v.string(), v.minLength(1));

/** A kind of GPU: what a plan needs to know of it. */
export interface Gpu {
  readonly name: string;
  /** Of the device, bytes. */
  readonly memoryBytes: number;
  /** Dense bfloat16 operations a second with float32 sums, by the vendor's data sheet. */
  readonly peakFlops: number;
  /** Share of the peak that a training step reaches while it computes. */
  readonly utilization: number;
}

/**
 * GPUs by name. Utilization: what torchtitan publishes of FSDP2 in bfloat16 without compilation (docs/performance.md of its
 * repository: Llama 3.1 8B on 8 H100, 33 %; Llama 3 8B and 70B on 64 A100, 57 % and 52 %); of others, which it does not have, the
 * lower of the two.
 */
const GPUS: Readonly<Record<string, Omit<Gpu, 'name'>>> = {
  A100: { memoryBytes: 80e9, peakFlops: 312e12, utilization: 0.5 },
  B200: { memoryBytes: 180e9, peakFlops: 2250e12, utilization: 0.33 },
  H100: { memoryBytes: 80e9, peakFlops: 989e12, utilization: 0.33 },
  H200: { memoryBytes: 141e9, peakFlops: 989e12, utilization: 0.33 },
  L40S: { memoryBytes: 48e9, peakFlops: 362e12, utilization: 0.33 },
};

/** The GPUs and machines that a run is planned for, or started on; a JSON file that a person writes. */
export const ClusterFile = v.strictObject({
  $schema: v.optional(v.string()),
  format: v.literal('adept.cluster/1'),
  /** How many machines, or their names; the first is the one where the trainer runs. */
  nodes: v.union(
    [whole, v.pipe(v.array(name), v.minLength(1))],
    'give a number of machines, or a list of their names',
  ),
  gpusPerNode: whole,
  /** One of {@link GPUS}, or what is known of another. */
  gpu: v.union(
    [
      v.picklist(Object.keys(GPUS)),
      v.strictObject({
        name,
        memoryGB: positive,
        bfloat16Teraflops: positive,
        utilization: v.optional(v.pipe(positive, v.maxValue(1)), 0.33),
      }),
    ],
    `give one of ${Object.keys(GPUS).join(', ')}, or an object with name, memoryGB and bfloat16Teraflops`,
  ),
  /** GB a second that each GPU sends to others. */
  bandwidthGBs: v.optional(v.strictObject({ withinNode: positive, betweenNodes: positive }), {
    withinNode: 300,
    betweenNodes: 40,
  }),
  pricePerGpuHour: v.optional(positive),
  launcher: v.optional(v.picklist(['torchrun', 'ssh', 'slurm'], 'give torchrun, ssh or slurm'), 'torchrun'),
  /** Where ranks of several machines meet: a name or address of the first machine that the others reach, and a free port. */
  address: v.optional(name),
  port: v.optional(v.pipe(whole, v.maxValue(65535)), 29400),
  /** The Python with PyTorch, on every machine; what `adept setup --torch` remembered when left out. */
  python: v.optional(name),
  /** Lines of the batch script's head, each without `#SBATCH`, for example `--partition=gpu`. */
  slurm: v.optional(v.array(name), []),
});
export type ClusterFile = v.InferOutput<typeof ClusterFile>;

export function nodesOf({ nodes }: ClusterFile): number {
  return typeof nodes === 'number' ? nodes : nodes.length;
}

export function gpuOf({ gpu }: ClusterFile): Gpu {
  if (typeof gpu !== 'string') {
    const { name: own, memoryGB, bfloat16Teraflops, utilization } = gpu;
    return { name: own, memoryBytes: memoryGB * 1e9, peakFlops: bfloat16Teraflops * 1e12, utilization };
  }
  const known = GPUS[gpu];
  if (known === undefined) {
    throw new Error(`${gpu} is no known GPU.`);
  }
  return { name: gpu, ...known };
}
