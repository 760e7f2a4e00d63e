import { Tuner } from '../../../src/trainer/tfjs/tuning/tuner';
import { layerParameters } from '../../../src/trainer/tfjs/tuning/parameters';
import { openEngine } from '../../../src/trainer/tfjs/engine/open';
import { CausalLM } from '../../../src/trainer/tfjs/model/causalLM';
import { makeBatch } from '../../../src/trainer/data/sequences/batch';
import { seededRandom } from '../../../src/shared/common/random';
import { stepOf } from '../../support/steps';

const [folder = '', rounds = ''] = process.argv.slice(2);
const BATCH = 4;
const LENGTH = 256;

/** Prints the milliseconds of every step of the two highest layers, and of every evaluation, on random tokens. */
async function main(): Promise<void> {
  const engine = await openEngine('native');
  const model = CausalLM.load(engine, folder);
  const { numHiddenLayers: layers, vocabSize } = model.config;
  const tuner = new Tuner(model, layerParameters(model, [layers - 2, layers - 1]));
  const random = seededRandom(1);
  const row = (): Int32Array => Int32Array.from({ length: LENGTH }, () => Math.floor(random() * vocabSize));
  const batch = makeBatch(Array.from({ length: BATCH }, row));
  const timed = (work: () => void): number => {
    const begin = performance.now();
    work();
    return performance.now() - begin;
  };
  const times = Array.from({ length: Number(rounds) }, (_, index) => ({
    step: timed(() => tuner.step(stepOf({ trained: tuner.parameters }, [batch], index + 1))),
    forward: timed(() => model.losses(batch)),
  }));
  console.log(JSON.stringify({ fused: engine.fused !== undefined, times: times.slice(1) }));
}

void main();
