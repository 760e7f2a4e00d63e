import * as tf from '@tensorflow/tfjs-core';
import type { FusedKernels } from './fusedKernels';
import type {
  CrossEntropy,
  Engine,
  EngineDescription,
  EngineKind,
  Bfloat16Storage,
  MatMulOptions,
} from './engine';
import type { Tensor } from './tensor';

/**
 * The operations as tfjs-core has them, on whichever backend is active. Subclasses choose the backend and replace
 * what it does slowly or not at all. tfjs keeps one active backend in the process, so one engine is open at a time.
 */
export abstract class TfjsEngine implements Engine {
  abstract readonly kind: EngineKind;
  readonly bfloat16Storage?: Bfloat16Storage | undefined;
  readonly fused?: FusedKernels | undefined;
  readonly fewRows?: Engine | undefined;
  readonly project?: Engine['project'];
  abstract describe(): EngineDescription;

  tensor(values: Float32Array, shape: readonly number[]): Tensor {
    return tf.tensor(values, [...shape], 'float32');
  }

  indices(values: Int32Array, shape: readonly number[]): Tensor {
    return tf.tensor(values, [...shape], 'int32');
  }

  zeros(shape: readonly number[]): Tensor {
    return tf.zeros([...shape]);
  }

  read(tensor: Tensor): Float32Array {
    const values = tensor.dataSync();
    return values instanceof Float32Array ? values : Float32Array.from(values);
  }

  tidy<T>(work: () => T): T {
    const results: T[] = [];
    tf.tidy(() => {
      const result = work();
      results.push(result);
      // tfjs looks for tensors under every key, and a Float32Array has one for each number: two microseconds of each.
      // Its type asks for an index signature that interfaces do not have.
      return ArrayBuffer.isView(result) ? undefined : (result as tf.TensorContainer);
    });
    return results[0] as T;
  }

  keep(tensor: Tensor): Tensor {
    return tf.keep(tensor);
  }

  dispose(...tensors: readonly (Tensor | undefined)[]): void {
    for (const tensor of tensors) {
      tensor?.dispose();
    }
  }

  tensorCount(): number {
    return tf.memory().numTensors;
  }

  matMul(a: Tensor, b: Tensor, options: MatMulOptions = {}): Tensor {
    return tf.matMul(a, b, options.transposeA ?? false, options.transposeB ?? false);
  }

  add(a: Tensor, b: Tensor): Tensor {
    return tf.add(a, b);
  }

  sub(a: Tensor, b: Tensor): Tensor {
    return tf.sub(a, b);
  }

  mul(a: Tensor, b: Tensor): Tensor {
    return tf.mul(a, b);
  }

  div(a: Tensor, b: Tensor): Tensor {
    return tf.div(a, b);
  }

  scale(a: Tensor, factor: number): Tensor {
    return tf.mul(a, factor);
  }

  addScalar(a: Tensor, value: number): Tensor {
    return tf.add(a, value);
  }

  abs(a: Tensor): Tensor {
    return tf.abs(a);
  }

  sqrt(a: Tensor): Tensor {
    return tf.sqrt(a);
  }

  rsqrt(a: Tensor): Tensor {
    return tf.rsqrt(a);
  }

  square(a: Tensor): Tensor {
    return tf.square(a);
  }

  sigmoid(a: Tensor): Tensor {
    return tf.sigmoid(a);
  }

  tanh(a: Tensor): Tensor {
    return tf.tanh(a);
  }

  softmax(a: Tensor): Tensor {
    return tf.softmax(a);
  }

  sum(a: Tensor, axis?: number, keepDims = false): Tensor {
    return tf.sum(a, axis, keepDims);
  }

  mean(a: Tensor, axis: number, keepDims = false): Tensor {
    return tf.mean(a, axis, keepDims);
  }

  reshape(a: Tensor, shape: readonly number[]): Tensor {
    return tf.reshape(a, [...shape]);
  }

  transpose(a: Tensor, permutation: readonly number[]): Tensor {
    return tf.transpose(a, [...permutation]);
  }

  slice(a: Tensor, begin: readonly number[], size: readonly number[]): Tensor {
    return tf.slice(a, [...begin], [...size]);
  }

  concat(parts: readonly Tensor[], axis: number): Tensor {
    return tf.concat([...parts], axis);
  }

  clone(a: Tensor): Tensor {
    return tf.clone(a);
  }

  gather(table: Tensor, ids: Tensor): Tensor {
    return tf.gather(table, tf.cast(ids, 'int32'));
  }

  scatterAdd(ids: Tensor, rows: Tensor, size: number): Tensor {
    return tf.tidy(() => {
      const [n = 0, width = 0] = rows.shape;
      return tf.scatterND(tf.reshape(ids, [n, 1]), rows, [size, width]);
    });
  }

  crossEntropy(logits: Tensor, targets: Tensor, scale: number): CrossEntropy {
    const result = this.tidy(() => {
      const [n = 0, size = 0] = logits.shape;
      const probabilities = tf.softmax(logits);
      const indices = targetIndices(targets, n);
      const hits = tf.scatterND(indices, tf.fill([n], scale), [n, size]);
      return {
        losses: this.crossEntropyLosses(logits, targets),
        logitGradients: tf.sub(tf.mul(probabilities, scale), hits),
      };
    });
    logits.dispose();
    return result;
  }

  crossEntropyLosses(logits: Tensor, targets: Tensor): Tensor {
    return tf.tidy(() => {
      const [n = 0] = logits.shape;
      const shifted = tf.sub(logits, tf.max(logits, -1, true));
      const logNormalizer = tf.log(tf.sum(tf.exp(shifted), -1));
      return tf.sub(logNormalizer, tf.gatherND(shifted, targetIndices(targets, n)));
    });
  }

  close(): void {
    tf.disposeVariables();
  }
}

/** [n, 2] int32: (row, target of the row). */
function targetIndices(targets: Tensor, n: number): Tensor {
  return tf.stack([tf.range(0, n, 1, 'int32'), tf.cast(targets, 'int32')], 1);
}
