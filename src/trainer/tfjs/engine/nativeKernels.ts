import type { NodeJSKernelBackend } from '@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend';
import type { TFEOpAttr, TFJSBinding } from '@tensorflow/tfjs-node-gpu/dist/tfjs_binding';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { failure, messageOf } from '../../../shared/common/errors';
import type { Tensor } from './tensor';
import type {
  AdamWNumbers,
  AdamWTensors,
  AttentionInputs,
  AttentionLayout,
  CachedLayout,
  PlainLayer,
  FusedKernels,
  NormGradientRequest,
} from './fusedKernels';
import { kernelsName, missingInstructions } from './provision/kernels';
import { packageSources } from './provision/sources';

/** Kernels that are loaded, or why there are none. */
export type LoadedKernels = { readonly loaded: true } | { readonly loaded: false; readonly reason: string };

let loaded: LoadedKernels | undefined;

/** Loads the kernels that `adept setup` compiled beside the binding, once per process. The engine computes without them too. */
export function loadKernels(binding: string, threads: number): LoadedKernels {
  loaded ??= tryLoading(binding, threads);
  return loaded;
}

function tryLoading(binding: string, threads: number): LoadedKernels {
  const none = (reason: string): LoadedKernels => ({ loaded: false, reason });
  if (process.env.ADEPT_FUSED_KERNELS === '0') {
    return none('ADEPT_FUSED_KERNELS is 0');
  }
  const path = join(dirname(binding), kernelsName(packageSources()));
  if (!existsSync(path)) {
    return none('not compiled: "adept setup" does it where there is a C++ compiler');
  }
  const missing = missingInstructions(readFileSync('/proc/cpuinfo', 'utf8'));
  if (missing !== undefined) {
    return none(`the processor lacks ${missing}`);
  }
  const addon: { exports: unknown } = { exports: {} };
  try {
    process.dlopen(addon, path);
    const register: unknown = Reflect.get(Object(addon.exports), 'register');
    if (typeof register !== 'function') {
      return none(`${path} is not a module of kernels`);
    }
    Reflect.apply(register, undefined, [threads]);
    return { loaded: true };
  } catch (error) {
    return none(messageOf(error));
  }
}

/** The kernels of src/trainer/tfjs/kernels, called through the binding; only for the processor. */
export class NativeKernels implements FusedKernels {
  constructor(
    private readonly backend: NodeJSKernelBackend,
    private readonly scalar: (values: Float32Array | Int32Array) => Tensor,
  ) {}

  private get binding(): TFJSBinding {
    return this.backend.binding;
  }

  private int(name: string, value: number): TFEOpAttr {
    return attribute(name, this.binding.TF_ATTR_INT, value);
  }

  private want(value: boolean): TFEOpAttr {
    return this.int('want', value ? 1 : 0);
  }

  private float(name: string, value: number): TFEOpAttr {
    return attribute(name, this.binding.TF_ATTR_FLOAT, value);
  }

  private epsilon(value: number): TFEOpAttr {
    return this.float('epsilon', value);
  }

  private one(name: string, inputs: Tensor[], attributes: TFEOpAttr[] = []): Tensor {
    return this.backend.executeSingleOutput(name, attributes, inputs);
  }

  private many<N extends number>(
    name: string,
    inputs: Tensor[],
    outputs: N,
    attributes: TFEOpAttr[] = [],
  ): Outputs<N> {
    const made = this.backend.executeMultipleOutputs(name, attributes, inputs, outputs);
    if (!isComplete(made, outputs)) {
      throw failure(`The kernel ${name} returned ${made.length} tensors, not ${outputs}.`);
    }
    return made;
  }

  add(a: Tensor, b: Tensor): Tensor {
    return this.one('AdeptAdd', [a, b]);
  }

  fewRows(input: Tensor, weight: Tensor): Tensor {
    return this.one(weight.dtype === 'int32' ? 'AdeptLinearBfloat16' : 'AdeptLinear', [input, weight]);
  }

  rmsNorm(input: Tensor, weight: Tensor, epsilon: number): Tensor {
    return this.one('AdeptRmsNorm', [input, weight], [this.epsilon(epsilon)]);
  }

  addRmsNorm(input: Tensor, delta: Tensor, weight: Tensor, epsilon: number): { sum: Tensor; normed: Tensor } {
    const [sum, normed] = this.many('AdeptAddRmsNorm', [input, delta, weight], 2, [this.epsilon(epsilon)]);
    return { sum, normed };
  }

  rmsNormGradient(request: NormGradientRequest): { input: Tensor; weight: Tensor | undefined } {
    const { gradients, epsilon, wantWeight } = request;
    const nothing = request.residual === undefined ? this.scalar(new Float32Array(0)) : undefined;
    const residual = request.residual ?? nothing;
    const [input, weight] = this.many(
      'AdeptRmsNormGradient',
      [request.input, request.weight, ...(residual ? [residual] : []), ...gradients],
      2,
      [this.epsilon(epsilon), this.want(wantWeight), this.int('count', gradients.length)],
    );
    nothing?.dispose();
    return { input, weight: asked(weight, wantWeight) };
  }

  swiGlu(gate: Tensor, up: Tensor): Tensor {
    return this.one('AdeptSwiglu', [gate, up]);
  }

  swiGluGradient(
    gradient: Tensor,
    gateInput: Tensor,
    upInput: Tensor,
    wantProduct: boolean,
  ): { gate: Tensor; up: Tensor; product: Tensor | undefined } {
    const [gate, up, product] = this.many('AdeptSwigluGradient', [gradient, gateInput, upInput], 3, [
      this.want(wantProduct),
    ]);
    return { gate, up, product: asked(product, wantProduct) };
  }

  attention(inputs: AttentionInputs, layout: AttentionLayout): { attended: Tensor; normalizers: Tensor } {
    const [attended, normalizers] = this.withDocuments(layout, (starts) =>
      this.many(
        'AdeptAttention',
        [...attentionTensors(inputs, layout), starts],
        2,
        this.attentionAttributes(layout),
      ),
    );
    return { attended, normalizers };
  }

  attentionGradient(
    inputs: AttentionInputs,
    layout: AttentionLayout,
    saved: { attended: Tensor; normalizers: Tensor },
    gradient: Tensor,
  ): AttentionInputs {
    const [queries, keys, values] = this.withDocuments(layout, (starts) =>
      this.many(
        'AdeptAttentionGradient',
        [...attentionTensors(inputs, layout), starts, saved.attended, saved.normalizers, gradient],
        3,
        this.attentionAttributes(layout),
      ),
    );
    return { queries, keys, values };
  }

  /** An operation has all of its inputs: where there are no documents, an empty one. */
  private withDocuments<T>({ documentStarts }: AttentionLayout, work: (starts: Tensor) => T): T {
    const starts = documentStarts ?? this.scalar(new Int32Array(0));
    const result = work(starts);
    if (starts !== documentStarts) {
      starts.dispose();
    }
    return result;
  }

  private attentionAttributes(layout: Pick<AttentionLayout, 'heads' | 'kvHeads' | 'window'>): TFEOpAttr[] {
    return [
      this.int('heads', layout.heads),
      this.int('kv_heads', layout.kvHeads),
      this.int('window', layout.window ?? 0),
    ];
  }

  cachedAttention({ queries, keys, values }: AttentionInputs, layout: CachedLayout): Tensor {
    return this.one(
      'AdeptCachedAttention',
      [queries, keys, values, ...cachedTensors(layout)],
      [...this.attentionAttributes(layout), this.float('cap', layout.cap ?? 0)],
    );
  }

  plainLayer(input: Tensor, layer: PlainLayer, layout: CachedLayout): Tensor {
    const { attentionNorm, mlpNorm, projections, epsilon } = layer;
    const [q, k, v, o, gate, up, down] = projections;
    const { TF_ATTR_TYPE, TF_INT32, TF_FLOAT } = this.binding;
    return this.one(
      'AdeptDecoderLayer',
      [input, attentionNorm, q, k, v, o, mlpNorm, gate, up, down, ...cachedTensors(layout)],
      [
        attribute('T', TF_ATTR_TYPE, q.dtype === 'int32' ? TF_INT32 : TF_FLOAT),
        ...[this.epsilon(epsilon), ...this.attentionAttributes(layout), this.float('cap', layout.cap ?? 0)],
      ],
    );
  }

  crossEntropyLosses(logits: Tensor, targets: Tensor): Tensor {
    return this.one('AdeptCrossEntropy', [logits, targets]);
  }

  /** The losses [n]; the logits [n, V] become the gradients of `scale · Σ losses`. */
  crossEntropyInPlace(logits: Tensor, targets: Tensor, scale: number): Tensor {
    const factor = this.scalar(Float32Array.of(scale));
    const losses = this.one('AdeptCrossEntropyInPlace', [logits, targets, factor]);
    factor.dispose();
    return losses;
  }

  upcast(packed: Tensor): Tensor {
    return this.one('AdeptUpcast', [packed]);
  }

  dot(a: Tensor, b: Tensor, absolute: boolean): Tensor {
    return this.one('AdeptDot', [a, b], [this.want(absolute)]);
  }

  adamW({ parameter, gradient, first, second }: AdamWTensors, numbers: AdamWNumbers): void {
    const { clip, beta1, beta2, epsilon, learningRate, step, weightDecay } = numbers;
    // As torch.optim.AdamW: bias corrections in double precision, then one float32 each.
    const values = this.scalar(
      Float32Array.of(
        clip,
        beta1,
        1 - beta1,
        beta2,
        1 - beta2,
        epsilon,
        learningRate / (1 - beta1 ** step),
        1 / Math.sqrt(1 - beta2 ** step),
        1 - learningRate * weightDecay,
      ),
    );
    this.one('AdeptAdamW', [parameter, gradient, first, second, values]).dispose();
    values.dispose();
  }
}

function attribute(name: string, type: number, value: number): TFEOpAttr {
  // The binding declares the class, exports none, and takes plain objects.
  return { name, type, value };
}

type Outputs<N extends number> = N extends 2
  ? [Tensor, Tensor]
  : N extends 3
    ? [Tensor, Tensor, Tensor]
    : never;

function isComplete<N extends number>(made: Tensor[], outputs: N): made is Outputs<N> {
  return made.length === outputs;
}

/** An output that was not asked for is an empty tensor: freed, and undefined. */
function asked(tensor: Tensor, wanted: boolean): Tensor | undefined {
  if (!wanted) {
    tensor.dispose();
    return undefined;
  }
  return tensor;
}

function attentionTensors(inputs: AttentionInputs, layout: AttentionLayout): Tensor[] {
  const { queryRope, keyRope } = layout;
  return [
    inputs.queries,
    inputs.keys,
    inputs.values,
    queryRope.cosines,
    queryRope.signedSines,
    keyRope.cosines,
    keyRope.signedSines,
  ];
}

function cachedTensors({ queryRope, keyRope, keptKeys, keptValues, tokenPositions }: CachedLayout): Tensor[] {
  return [
    ...[queryRope.cosines, queryRope.signedSines, keyRope.cosines, keyRope.signedSines],
    ...[keptKeys, keptValues, tokenPositions.sequences, tokenPositions.positions],
  ];
}
