import * as tf from '@tensorflow/tfjs-core';
import { setWasmPaths, version_wasm } from '@tensorflow/tfjs-backend-wasm';
import { dirname } from 'node:path';
import { besideBundle } from '../../../node/files/besideBundle';
import { failure } from '../../../shared/common/errors';
import type { EngineDescription, MatMulOptions } from './engine';
import type { Tensor } from './tensor';
import { TfjsEngine } from './tfjsEngine';

function wasmFolder(): string {
  const binary = besideBundle('wasm', 'tfjs-backend-wasm-simd.wasm');
  if (binary === undefined) {
    throw failure(`The wasm engine's binaries are missing beside ${__dirname}: run "npm run build".`);
  }
  return dirname(binary);
}

/** The embedded engine: needs no download, no compiler and no GPU. One thread, 128-bit SIMD. */
export class WasmEngine extends TfjsEngine {
  readonly kind = 'wasm';

  static async open(): Promise<WasmEngine> {
    setWasmPaths(`${wasmFolder()}/`);
    if (!(await tf.setBackend('wasm'))) {
      throw failure(
        'The wasm engine could not be started: this Node.js cannot run its WebAssembly binaries.',
      );
    }
    await tf.ready();
    return new WasmEngine();
  }

  describe(): EngineDescription {
    return {
      engine: 'wasm',
      device: 'CPU (WebAssembly SIMD)',
      library: `tfjs-backend-wasm ${version_wasm}`,
      tfjs: tf.version_core,
      threads: 1,
    };
  }

  // With a transpose flag the wasm kernel leaves its fast path (18 times slower at 1024×576ᵀ·1024×1536); an explicit
  // transpose first costs next to nothing.
  override matMul(a: Tensor, b: Tensor, options: MatMulOptions = {}): Tensor {
    return tf.tidy(() =>
      tf.matMul(
        options.transposeA === true ? transposeLast(a) : a,
        options.transposeB === true ? transposeLast(b) : b,
      ),
    );
  }
}

function transposeLast(a: Tensor): Tensor {
  return tf.transpose(a, a.rank === 3 ? [0, 2, 1] : [1, 0]);
}
