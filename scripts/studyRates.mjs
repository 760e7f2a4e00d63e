// `npm run study -- --rates`: how far the units' learning rates lie from the base rate, at every refresh of every run of a study,
// from the `importance` events of the runs' logs.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** @param {readonly number[]} sorted */
function median(sorted) {
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? NaN)
    : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
}

const rounded = (/** @type {number} */ value) => Math.round(value * 1000) / 1000;

/**
 * @param {string} folder a study's `runs`
 * @returns {{ run: string, step: number, units: number, median: number, mean: number }[]} median and mean over units, as multiples of the
 * run's base rate
 */
export function unitRatesOf(folder) {
  return readdirSync(folder)
    .sort()
    .filter((run) => existsSync(join(folder, run, 'events.ndjson')))
    .flatMap((run) => {
      const { learningRate } = JSON.parse(readFileSync(join(folder, run, 'job.json'), 'utf8')).config.tune;
      return readFileSync(join(folder, run, 'events.ndjson'), 'utf8')
        .split('\n')
        .filter((line) => line.includes('"type":"importance"'))
        .map((line) => {
          const { step, units } = JSON.parse(line);
          /** @type {number[]} */
          const rates = units.map(
            (/** @type {{ learningRate: number }} */ unit) => unit.learningRate / learningRate,
          );
          rates.sort((a, b) => a - b);
          return {
            run,
            step,
            units: rates.length,
            median: rounded(median(rates)),
            mean: rounded(rates.reduce((sum, rate) => sum + rate, 0) / rates.length),
          };
        });
    });
}
