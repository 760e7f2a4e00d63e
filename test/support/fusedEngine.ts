import assert from 'node:assert/strict';
import type { Engine } from '../../src/trainer/tfjs/engine/engine';
import type { FusedKernels } from '../../src/trainer/tfjs/engine/fusedKernels';
import { openEngine } from '../../src/trainer/tfjs/engine/open';

export interface FusedEngine {
  readonly engine: Engine;
  readonly fused: FusedKernels;
  /** The same engine, as if it had no kernels. */
  readonly composed: Engine;
}

/** The native engine with its kernels, on two threads. */
export async function openFusedEngine(): Promise<FusedEngine> {
  // Rows are divided between threads; the run of all tests asks for one.
  process.env.TF_NUM_INTRAOP_THREADS = '2';
  const engine = await openEngine('native');
  const { fused } = engine;
  assert.ok(fused, `the kernels are not loaded: ${engine.describe().kernels}`);
  const hidden = { fused: { value: undefined }, fewRows: { value: undefined } };
  return { engine, fused, composed: Object.create(engine, hidden) as Engine };
}
