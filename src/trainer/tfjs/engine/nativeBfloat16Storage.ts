import type {
  createTensorsTypeOpAttr,
  NodeJSKernelBackend,
} from '@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend';
import * as tf from '@tensorflow/tfjs-core';
import type { Bfloat16Storage } from './engine';
import type { Tensor } from './tensor';
import type { NativeKernels } from './nativeKernels';

/** bfloat16 in int32, since tfjs knows no such type; upcast by one kernel, or by the library's operations on bits. */
export class NativeBfloat16Storage implements Bfloat16Storage {
  constructor(
    private readonly backend: NodeJSKernelBackend,
    private readonly typeOf: typeof createTensorsTypeOpAttr,
    private readonly fused: NativeKernels | undefined,
  ) {}

  pack(bytes: Uint8Array, rows: number, columns: number): Tensor {
    // A view needs an offset that is a multiple of 4.
    const aligned = bytes.byteOffset % Int32Array.BYTES_PER_ELEMENT === 0 ? bytes : bytes.slice();
    const values = new Int32Array(aligned.buffer, aligned.byteOffset, (rows * columns) / 2);
    const held = tf.tensor(values, [rows, columns / 2], 'int32');
    const packed = this.run('Identity', [this.typeOf('T', 'int32')], [held]);
    held.dispose();
    return packed;
  }

  upcast(packed: Tensor): Tensor {
    return this.fused ? this.fused.upcast(packed) : tf.tidy(() => this.composed(packed));
  }

  /** The lower half shifted up, the upper half alone, and both side by side. */
  private composed(packed: Tensor): Tensor {
    const [rows = 0, pairs = 0] = packed.shape;
    const int = this.typeOf('T', 'int32');
    const lower = this.run('LeftShift', [int], [packed, tf.scalar(16, 'int32')]);
    const upper = this.run('BitwiseAnd', [int], [packed, tf.scalar(-65536, 'int32')]);
    const floats = [lower, upper].map((bits) =>
      this.run('Bitcast', [int, this.typeOf('type', 'float32')], [bits]),
    );
    return tf.reshape(tf.stack(floats, 2), [rows, 2 * pairs]);
  }

  private run(
    name: string,
    attributes: ReturnType<typeof createTensorsTypeOpAttr>[],
    inputs: Tensor[],
  ): Tensor {
    return this.backend.executeSingleOutput(name, attributes, inputs);
  }
}
