import * as tf from '@tensorflow/tfjs-core';
import type {
  createTensorsTypeOpAttr,
  NodeJSKernelBackend,
} from '@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend';
import { FUSED_KERNELS } from '../../../shared/model/engineKernels';
import { failure } from '../../../shared/common/errors';
import type { CrossEntropy, EngineDescription } from './engine';
import type { Tensor } from './tensor';
import { describeNative, loadNativeBinding } from './nativeBinding';
import { NativeBfloat16Storage } from './nativeBfloat16Storage';
import { loadKernels, NativeKernels } from './nativeKernels';
import { findNativeInstall } from '../../../node/engines/nativeInstall';
import { TfjsEngine } from './tfjsEngine';

const BACKEND = 'tensorflow';

/** libtensorflow through the binding of @tensorflow/tfjs-node-gpu, on its CPU or CUDA device. */
export class NativeEngine extends TfjsEngine {
  readonly kind = 'native';
  override readonly bfloat16Storage: NativeBfloat16Storage;
  override readonly fewRows: NativeEngine | undefined;

  private constructor(
    override readonly fused: NativeKernels | undefined,
    private readonly backend: NodeJSKernelBackend,
    private readonly typeOf: typeof createTensorsTypeOpAttr,
    private readonly description: Omit<EngineDescription, 'engine' | 'tfjs'>,
  ) {
    super();
    this.bfloat16Storage = new NativeBfloat16Storage(backend, typeOf, fused);
    this.fewRows =
      fused && withProjection(this, (input: Tensor, weight: Tensor) => fused.fewRows(input, weight));
  }

  /** @throws AdeptError (failure) when no native engine is installed or it cannot be loaded. */
  static async open(): Promise<NativeEngine> {
    const install = findNativeInstall();
    if (install === undefined) {
      throw failure('The native engine is not installed: run "adept setup", or give --engine wasm.');
    }
    const binding = loadNativeBinding(install);
    const { NodeJSKernelBackend: Backend, createTensorsTypeOpAttr: typeOf } =
      await import('@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend');
    await import('@tensorflow/tfjs-node-gpu/dist/register_all_kernels');
    // A second opening finds the name taken and keeps the backend that has it.
    if (!tf.engine().registryFactory[BACKEND]) {
      tf.registerBackend(BACKEND, () => new Backend(binding, 'adept'));
    }
    await tf.setBackend(BACKEND);
    const backend = tf.findBackend(BACKEND);
    if (!(backend instanceof Backend)) {
      throw failure('The native engine could not be started: another backend has its name.');
    }
    const { device, ...rest } = describeNative(install, binding);
    // The kernels are for the processor; on a GPU they would fetch every tensor from it.
    const kernels =
      device === 'CPU'
        ? loadKernels(install.binding, rest.threads)
        : { loaded: false, reason: `device is ${device}` };
    const fused = kernels.loaded ? new NativeKernels(backend, (values) => tf.tensor(values)) : undefined;
    const description = {
      device,
      ...rest,
      kernels: kernels.loaded ? FUSED_KERNELS : `composed (${kernels.reason})`,
    };
    return new NativeEngine(fused, backend, typeOf, description);
  }

  describe(): EngineDescription {
    return { engine: 'native', ...this.description, tfjs: tf.version_core };
  }

  // tfjs-node would keep the values in JavaScript until the tensor's first use, which for a model's weights comes when all
  // of them are loaded: twice the model in memory at once. The identity takes them over now and copies nothing itself.
  override tensor(values: Float32Array, shape: readonly number[]): Tensor {
    const held = super.tensor(values, shape);
    const tensor = this.backend.executeSingleOutput('Identity', [this.typeOf('T', 'float32')], [held]);
    held.dispose();
    return tensor;
  }

  override crossEntropy(logits: Tensor, targets: Tensor, scale: number): CrossEntropy {
    if (this.fused) {
      return { losses: this.fused.crossEntropyInPlace(logits, targets, scale), logitGradients: logits };
    }
    const { losses, logitGradients: unscaled } = this.librarysCrossEntropy(logits, targets);
    logits.dispose();
    const logitGradients = scale === 1 ? unscaled : this.scale(unscaled, scale);
    if (logitGradients !== unscaled) {
      unscaled.dispose();
    }
    return { losses, logitGradients };
  }

  override crossEntropyLosses(logits: Tensor, targets: Tensor): Tensor {
    if (this.fused) {
      return this.fused.crossEntropyLosses(logits, targets);
    }
    const { losses, logitGradients } = this.librarysCrossEntropy(logits, targets);
    logitGradients.dispose();
    return losses;
  }

  // One operation gives loss and gradient, without the one-hot matrix and its subtraction.
  private librarysCrossEntropy(logits: Tensor, targets: Tensor): CrossEntropy {
    const [losses, logitGradients] = this.backend.executeMultipleOutputs(
      'SparseSoftmaxCrossEntropyWithLogits',
      [this.typeOf('T', 'float32'), this.typeOf('Tlabels', 'int32')],
      [logits, targets],
      2,
    );
    if (losses === undefined || logitGradients === undefined) {
      throw failure(
        'libtensorflow returned no cross-entropy: set up the native engine again with "adept setup".',
      );
    }
    return { losses, logitGradients };
  }
}

function withProjection(engine: NativeEngine, project: NativeEngine['project']): NativeEngine {
  return Object.create(engine, { project: { value: project } }) as NativeEngine;
}
