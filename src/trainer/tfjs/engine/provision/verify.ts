import * as v from 'valibot';
import { failure } from '../../../../shared/common/errors';
import type { Host } from './host';
import { reasonOf } from './run';

// GPUs newer than the library compile its kernels at the first use, which takes minutes.
const verifyLimitMs = 600_000;

/** The beginning of a script whose first argument is a binding. */
const loader = `
const util = require('node:util');
util.isNullOrUndefined ??= (value) => value === null || value === undefined;
util.isArray ??= Array.isArray;
const addon = { exports: {} };
process.dlopen(addon, process.argv[1]);
const binding = addon.exports;
`;

/** Loads a binding in a process of its own and multiplies two matrices with it. */
const script = `
${loader}
const matrix = (...values) => binding.createTensor([2, 2], binding.TF_FLOAT, Float32Array.from(values));
const attributes = [
  { name: 'transpose_a', type: binding.TF_ATTR_BOOL, value: false },
  { name: 'transpose_b', type: binding.TF_ATTR_BOOL, value: false },
  { name: 'T', type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT },
];
const [product] = binding.executeOp('MatMul', attributes, [matrix(1, 2, 3, 4), matrix(5, 6, 7, 8)], 1);
console.log('verified ' + JSON.stringify({
  libtensorflow: binding.TF_Version,
  gpu: binding.isUsingGpuDevice(),
  product: Array.from(binding.tensorDataSync(product.id)),
}));
`;

const reportSchema = v.object({
  libtensorflow: v.pipe(v.string(), v.nonEmpty()),
  gpu: v.boolean(),
  product: v.array(v.number()),
});

export interface Verification {
  readonly libtensorflow: string;
  /** The device that really computed. */
  readonly device: 'CPU' | 'GPU';
  /** What the library wrote to its log, for the reason why a GPU is not used. */
  readonly log: string;
}

/** Sees the binding compute, in a child process, or fails with the reason. */
export async function verifyBinding(
  host: Host,
  binding: string,
  signal?: AbortSignal,
): Promise<Verification> {
  const result = await host.run(process.execPath, ['-e', script, '--', binding], {
    env: { TF_CPP_MIN_LOG_LEVEL: '0', TF_FORCE_GPU_ALLOW_GROWTH: 'true' },
    signal,
    timeoutMs: verifyLimitMs,
  });
  const line = result.stdout.split('\n').find((text) => text.startsWith('verified '));
  if (result.status !== 0 || line === undefined) {
    const reason =
      result.killedBy === 'SIGILL'
        ? 'the processor lacks an instruction set that TensorFlow needs (AVX)'
        : reasonOf(result);
    throw failure(`The native engine's binding ${binding} does not load: ${reason}.`);
  }
  const report = v.parse(reportSchema, JSON.parse(line.slice('verified '.length)));
  if (report.product.join(' ') !== '19 22 43 50') {
    throw failure(
      `The native engine's binding ${binding} computes wrongly: [[1,2],[3,4]]·[[5,6],[7,8]] gave ${report.product.join(' ')}.`,
    );
  }
  return { libtensorflow: report.libtensorflow, device: report.gpu ? 'GPU' : 'CPU', log: result.stderr };
}

/** Loads the kernels into the binding's library and adds two vectors with them. */
const kernelScript = `
${loader}
const kernels = { exports: {} };
process.dlopen(kernels, process.argv[2]);
kernels.exports.register(2);
const vector = (...values) => binding.createTensor([2], binding.TF_FLOAT, Float32Array.from(values));
const [sum] = binding.executeOp('AdeptAdd', [], [vector(1, 2), vector(3, 5)], 1);
console.log('verified ' + Array.from(binding.tensorDataSync(sum.id)).join(' '));
`;

/** Sees compiled kernels compute, in a child process, or fails with the reason. */
export async function verifyKernels(
  host: Host,
  binding: string,
  kernels: string,
  signal?: AbortSignal,
): Promise<void> {
  const result = await host.run(process.execPath, ['-e', kernelScript, '--', binding, kernels], {
    env: { TF_CPP_MIN_LOG_LEVEL: '3' },
    signal,
    timeoutMs: verifyLimitMs,
  });
  if (result.status !== 0 || !result.stdout.split('\n').includes('verified 4 7')) {
    throw failure(`the compiled kernels do not compute (${reasonOf(result)})`);
  }
}
