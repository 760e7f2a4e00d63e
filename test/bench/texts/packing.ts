import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeBatch, type Batch } from '../../../src/trainer/data/sequences/batch';
import type { EngineKind } from '../../../src/trainer/tfjs/engine/engine';
import { openEngine } from '../../../src/trainer/tfjs/engine/open';
import { CausalLM } from '../../../src/trainer/tfjs/model/causalLM';
import { lossGradients } from '../../../src/trainer/tfjs/model/gradients';
import { seededRandom } from '../../../src/shared/common/random';
import { writeShapedModel } from '../../support/shapedModel';

const SHAPE = { vocab: 1024, hidden: 576, mlp: 1536, heads: 9, keyValueHeads: 3, tied: true };
/** wasm takes an order longer. */
const ROWS = { native: 2, wasm: 1 };
const LAYERS = { native: 2, wasm: 1 };
const LENGTH = 1024;
const SHORTEST = 10;
const LONGEST = 200;

/** Seconds: median, least, most. */
type Spread = readonly [number, number, number];

interface Compared {
  readonly joined: Spread;
  readonly separate: Spread;
  /** Of the medians, joined over separate: above 1, separate is faster. */
  readonly ratio: number;
}

function spread(seconds: readonly number[]): Spread {
  const sorted = [...seconds].sort((a, b) => a - b);
  const at = (quantile: number): number =>
    Number((sorted[Math.round(quantile * (sorted.length - 1))] ?? NaN).toFixed(4));
  return [at(0.5), at(0), at(1)];
}

/** Both ways in turns, once unmeasured. */
function compare(repeats: number, joined: () => void, separate: () => void): Compared {
  const seconds = { joined: [] as number[], separate: [] as number[] };
  for (let turn = 0; turn <= repeats; turn++) {
    for (const [way, work] of [
      ['joined', joined],
      ['separate', separate],
    ] as const) {
      const started = performance.now();
      work();
      if (turn > 0) {
        seconds[way].push((performance.now() - started) / 1000);
      }
    }
  }
  const [first, second] = [spread(seconds.joined), spread(seconds.separate)];
  return { joined: first, separate: second, ratio: Number((first[0] / second[0]).toFixed(3)) };
}

/** Where documents begin in each row, for lengths as they are drawn. */
function startsOf(rows: number, draw: () => number): Int32Array[] {
  return Array.from({ length: rows }, () => {
    const starts: number[] = [];
    for (let at = 0; at < LENGTH; at += draw()) {
      starts.push(at);
    }
    return Int32Array.from(starts);
  });
}

function gradientStep(model: CausalLM, batch: Batch): void {
  lossGradients(model, batch, {
    scale: 1,
    lowestLayer: 0,
    wants: () => true,
    onLayer: () => undefined,
  });
}

async function main(kind: EngineKind, repeats: number): Promise<void> {
  const engine = await openEngine(kind);
  const folder = mkdtempSync(join(tmpdir(), 'adept-packing-'));
  try {
    const model = CausalLM.load(engine, writeShapedModel(folder, { ...SHAPE, layers: LAYERS[kind] }));
    const random = seededRandom(5);
    const rows = Array.from({ length: ROWS[kind] }, () =>
      Int32Array.from({ length: LENGTH }, () => Math.floor(random() * SHAPE.vocab)),
    );
    const joined = makeBatch(rows);
    const measure = (starts: Int32Array[]): Record<string, Compared> => {
      const separate = makeBatch(rows, starts);
      return {
        forward: compare(
          repeats,
          () => model.losses(joined),
          () => model.losses(separate),
        ),
        gradients: compare(
          repeats,
          () => {
            gradientStep(model, joined);
          },
          () => {
            gradientStep(model, separate);
          },
        ),
      };
    };
    const drawn = (): number => SHORTEST + Math.floor(random() * (LONGEST - SHORTEST));
    const results = {
      of64: measure(startsOf(ROWS[kind], () => 64)),
      mixed: measure(startsOf(ROWS[kind], drawn)),
    };
    model.dispose();
    const { engine: name, kernels, threads } = engine.describe();
    process.stdout.write(`${JSON.stringify({ engine: name, kernels, threads, ...results })}\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
    engine.close();
  }
}

const [, , kind = 'native', repeats = '9'] = process.argv;
void main(kind === 'wasm' ? 'wasm' : 'native', Number(repeats));
