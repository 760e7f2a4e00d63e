// The page of docs/gpu.md, from docs/gpu.json where somebody has measured.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const COMMAND = 'npm run bench:gpu -- --python PATH';

/** @param {string} root */
export function writeGpuPage(root) {
  writeFileSync(join(root, 'docs', 'gpu.md'), gpuPage(root));
}

/**
 * The whole page.
 * @param {string} root
 */
export function gpuPage(root) {
  const file = join(root, 'docs', 'gpu.json');
  const found = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
  return `${INTRODUCTION}\n${found === undefined ? UNMEASURED : measured(found)}`;
}

const INTRODUCTION = `# On a GPU

\`${COMMAND}\` measures what one GPU does with the engine \`torch\` and writes this page. It takes at most 8 minutes, and needs a
Python with torch and transformers and a GPU with 40 GB. \`--rehearse\` tries it in small on any machine; \`npm test\` does so, too.

- **Parity**: the same code on the GPU and on the CPU in float32, without TF32: losses, exact layer importance, sums of units, 20 steps.
- **Speed**: a model of the shape of Qwen3-1.7B with random weights and four copies (of layers 19, 21, 23 and 25), 8 × 2048 tokens a step,
  bfloat16 with float32 masters. ADEPT in the first epoch, also with layers that \`torch.compile\` has compiled, and in later ones, which
  start from kept hidden states; full training; exact importance beside one full pass for each layer.
- **Share of the peak**: operations that the arithmetic needs (\`step_flops\` in \`python/bench/shapes.py\`, held against torch's own count by a
  test) over the time and the card's dense bfloat16 peak.

The aims: a step of ADEPT takes at most half of a step of full training; exact importance is at least ten times as fast as one full
pass for each layer; at least 40 % of the peak.
`;

const UNMEASURED = `## Not measured yet

Nobody has run this on a GPU so far: every figure about this project was measured on a CPU. \`docs/gpu.json\` appears with the first
measurement.
`;

function measured({ device, versions, memoryBytes, peakFlops, parity, measured: times, seconds }) {
  const gigabytes = (bytes) => (bytes === null ? '–' : `${(bytes / 1e9).toFixed(1)} GB`);
  const share = ({ flops, seconds: taken }) =>
    peakFlops === null ? '–' : `${((flops / taken / peakFlops) * 100).toFixed(0)} %`;
  const steps = ['adept, first epoch', 'adept, compiled', 'adept, later epochs', 'full'].map((name) => [
    name,
    times[name],
  ]);
  const { importance, full } = times;
  return `## ${device}

${gigabytes(memoryBytes)}, torch ${versions.torch}, CUDA ${versions.cuda}, transformers ${versions.transformers}; ${(seconds / 60).toFixed(1)} minutes in all.

| largest relative difference from the CPU, float32 | |
|---|---|
${Object.entries(parity)
  .map(([name, value]) => `| ${name} | ${value.toExponential(1)} |`)
  .join('\n')}

| step of 8 × 2048 tokens | seconds (fastest to slowest) | of a full step | tokens/s | of the peak | memory |
|---|---|---|---|---|---|
${steps
  .map(
    ([name, one]) =>
      `| ${name} | ${one.seconds.toFixed(2)} (${one.fastest.toFixed(2)} to ${one.slowest.toFixed(2)}) | ${((one.seconds / full.seconds) * 100).toFixed(0)} % | ${one.tokensPerSecond.toFixed(0)} | ${share(one)} | ${gigabytes(one.peakBytes)} |`,
  )
  .join('\n')}

Exact importance of all layers took ${importance.seconds.toFixed(2)} s (one full pass for each layer: ${importance.passPerLayerSeconds.toFixed(2)} s, ${importance.ratio.toFixed(1)} times as long), with ${gigabytes(importance.peakBytes)}.
`;
}
