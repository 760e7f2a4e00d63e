import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { writeJson } from '../../../src/node/files/jsonFile';
import { disturbAll } from './disturbAll';
import { FIGURES, measuredHere, type FaultFigures, type Moment } from './figures';
import { momentProblems, withFaults } from './page';
import { plannedRuns } from './plannedMoments';
import { setUpTorch } from './setUpTorch';

// A rank or the trainer killed or stopped at random moments of a job on two or three ranks. See test/bench/torch.mjs.

function show(moment: Moment): void {
  const { what, ranks, rank, phase, step, seconds, said } = moment;
  const problems = momentProblems(moment);
  const who = rank === null ? what : what.replace('a rank', `rank ${rank}`);
  const outcome = problems.length === 0 ? 'good  ' : 'FAILED';
  console.log(`${outcome} ${who}, ${ranks} ranks, ${phase}, step ${step}: ${seconds.toFixed(1)} s: ${said}`);
  for (const problem of problems) {
    console.log(`       ${problem}`);
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      moments: { type: 'string', default: '30' },
      seed: { type: 'string', default: '1' },
      try: { type: 'boolean', default: false },
    },
  });
  const [count, seed] = [Number(values.moments), Number(values.seed)];
  if (!Number.isInteger(count) || count < 1 || !Number.isInteger(seed)) {
    throw new Error('--moments and --seed: give whole numbers, at least one moment.');
  }
  const folder = mkdtempSync(join(tmpdir(), 'adept-torch-faults-'));
  try {
    const versions = await setUpTorch();
    const moments = await disturbAll(folder, plannedRuns(count, seed), show);
    const figures: FaultFigures = {
      ...measuredHere(`npm run torch:faults -- --moments ${count} --seed ${seed}`, versions),
      ...{ seed, moments },
    };
    if (!values.try) {
      writeJson(FIGURES.faults, figures);
      writeFileSync(FIGURES.page, withFaults(readFileSync(FIGURES.page, 'utf8'), figures));
    }
    const failed = moments.filter((moment) => momentProblems(moment).length > 0);
    console.log(`${moments.length - failed.length} of ${moments.length} moments are good`);
    process.exitCode = failed.length === 0 && moments.length === count ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
