import type { Bfloat16Figures, CompileFigures, FaultFigures, Moment, Side } from './figures';

/** Nats between the losses of both types at the end. */
const LOSS_BAR = 0.01;
/** Of the largest loss: as far as compiled layers may be from others. */
const COMPILE_BAR = 1e-4;
/** Seconds from the moment to the end of every process. */
const END_BAR = 60;
const PHASES = ['start', 'analysis', 'tuning', 'evaluation', 'checkpoint'] as const;

/** docs/torch.md with the table of `npm run torch:bfloat16` made anew. */
export function withBfloat16(page: string, figures: Bfloat16Figures): string {
  const { float32, bfloat16, layers, steps, batchSize, seqLen, sequences, seed } = figures;
  const [a, b] = [endOf(float32), endOf(bfloat16)];
  const loss = (name: string, one: number, other: number, bar = ''): string =>
    `| ${name} | ${one.toFixed(4)} | ${other.toFixed(4)} | ${difference(other - one)} | ${bar} |`;
  const begin = [float32, bfloat16].map(({ evaluations }) => evaluations[0] ?? { domain: NaN, general: NaN });
  return withPart(page, 'torch:bfloat16', [
    `SmolLM2-135M-Instruct with copies of layers ${layers.join(', ')}, ${steps} steps of ${batchSize} × ${seqLen} tokens of ${sequences} sequences of GSM8K, seed ${seed}.`,
    measuredWith(figures),
    '',
    '| | float32 | bfloat16 | difference | bar |',
    '|---|---|---|---|---|',
    loss('domain loss before, nats', begin[0]?.domain ?? NaN, begin[1]?.domain ?? NaN),
    loss('general loss before, nats', begin[0]?.general ?? NaN, begin[1]?.general ?? NaN),
    loss('domain loss after, nats', a.domain, b.domain, `± ${LOSS_BAR}`),
    loss('general loss after, nats', a.general, b.general, `± ${LOSS_BAR}`),
    loss(`mean training loss of the last ${steps / 10} steps, nats`, float32.lastLoss, bfloat16.lastLoss),
    `| trained tensors that moved | ${movedOf(float32)} | ${movedOf(bfloat16)} | | all |`,
    `| least relative change of a tensor | ${leastOf(float32)} | ${leastOf(bfloat16)} | | |`,
    `| seconds of all steps, one thread | ${float32.seconds.toFixed(0)} | ${bfloat16.seconds.toFixed(0)} | | |`,
  ]);
}

/** What of the bars is not met. */
export function bfloat16Problems({ float32, bfloat16 }: Bfloat16Figures): string[] {
  const [a, b] = [endOf(float32), endOf(bfloat16)];
  const losses = (['domain', 'general'] as const).flatMap((text) =>
    Math.abs(b[text] - a[text]) <= LOSS_BAR
      ? []
      : [`${text} loss: ${difference(b[text] - a[text])} nats, more than ${LOSS_BAR}`],
  );
  const unmoved = [float32, bfloat16].flatMap((side) => side.unmoved.map((name) => `${name} did not move`));
  return [...losses, ...unmoved];
}

/** docs/torch.md with the table of `npm run torch:compile` made anew. */
export function withCompile(page: string, figures: CompileFigures): string {
  const { layers, sequences, length, rounds, threads, device, works, difference: apart } = figures;
  return withPart(page, 'torch:compile', [
    `SmolLM2-135M-Instruct in float32 with copies as layers ${layers.join(', ')}, batches of ${sequences} × ${length} tokens (exact importance of one sequence), ${device}, ${threads} threads; medians of ${rounds} in turn (fastest to slowest). Losses are at most ${apart.toExponential(1)} of the largest apart.`,
    measuredWith(figures),
    '',
    '| | eager, s | compiled, s | times as fast | first time longer by, s | repaid after |',
    '|---|---|---|---|---|---|',
    ...Object.entries(works).map(([name, { eager, compiled }]) => {
      const longer = compiled.first - eager.first;
      const gain = eager.median - compiled.median;
      const repaid = gain > 0 ? `${Math.ceil(longer / gain)} times` : 'never';
      return `| ${name} | ${spread(eager)} | ${spread(compiled)} | ${(eager.median / compiled.median).toFixed(2)} | ${longer.toFixed(0)} | ${repaid} |`;
    }),
  ]);
}

/** What of the bars is not met. */
export function compileProblems({ difference: apart }: CompileFigures): string[] {
  return apart <= COMPILE_BAR ? [] : [`losses are ${apart} of the largest apart, more than ${COMPILE_BAR}`];
}

function spread({ median, fastest, slowest }: CompileFigures['works']['step']['eager']): string {
  return `${median.toFixed(2)} (${fastest.toFixed(2)} to ${slowest.toFixed(2)})`;
}

/** docs/torch.md with the table of `npm run torch:faults` made anew. */
export function withFaults(page: string, figures: FaultFigures): string {
  const { moments, seed } = figures;
  const good = moments.filter((moment) => momentProblems(moment).length === 0);
  return withPart(page, 'torch:faults', [
    `${moments.length} moments with seed ${seed}: ${good.length} ended and went on as they have to. ${measuredWith(figures)}`,
    '',
    `| what | moments | ${PHASES.join(' | ')} | longest until all had ended, s |`,
    `|---|---|${'---|'.repeat(PHASES.length)}---|`,
    ...(['kill a rank', 'stop a rank', 'kill the trainer'] as const).map((what) => faultRow(what, moments)),
    '',
    '| what | ranks | during | step | until all had ended, s | what the command said |',
    '|---|---|---|---|---|---|',
    ...moments.map(momentRow),
  ]);
}

/** What was not as it has to be, at one moment. */
export function momentProblems({ seconds, problems }: Moment): string[] {
  return [...problems, ...(seconds > END_BAR ? [`ended after ${seconds.toFixed(0)} s, not ${END_BAR}`] : [])];
}

function faultRow(what: Moment['what'], all: readonly Moment[]): string {
  const moments = all.filter((moment) => moment.what === what);
  const longest = Math.max(...moments.map(({ seconds }) => seconds));
  const counts = PHASES.map((phase) => moments.filter((moment) => moment.phase === phase).length);
  return `| ${what} | ${moments.length} | ${counts.join(' | ')} | ${longest.toFixed(1)} |`;
}

function momentRow({ what, ranks, rank, phase, step, seconds, said }: Moment): string {
  const who = rank === null ? what : what.replace('a rank', `rank ${rank}`);
  // What PyTorch printed last has paths and ports of its own.
  const sentence = said
    .replace(/^adept: /, '')
    .replace(/ Last lines: .*/, '')
    .replaceAll('|', '/');
  return `| ${who} | ${ranks} | ${phase} | ${step} | ${seconds.toFixed(1)} | ${sentence || '–'} |`;
}

function endOf({ evaluations }: Side): Side['evaluations'][number] {
  const last = evaluations.at(-1);
  if (last === undefined) {
    throw new Error('A run without an evaluation cannot be shown.');
  }
  return last;
}

function movedOf({ tensors, unmoved }: Side): string {
  return `${tensors - unmoved.length} of ${tensors}`;
}

function leastOf({ leastMoved }: Side): string {
  return leastMoved.relative.toExponential(1);
}

function difference(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(4)}`;
}

function measuredWith({
  command,
  machine,
  library,
  transformers,
}: Pick<FaultFigures, 'command' | 'machine' | 'library' | 'transformers'>): string {
  return `Measured by \`${command}\` on ${machine}, ${library}, ${transformers}.`;
}

/** The page with what stands between a command's marks replaced. @throws Error where they are missing */
function withPart(page: string, command: string, lines: readonly string[]): string {
  const begin = `<!-- npm run ${command} -->`;
  const [before, rest] = page.split(begin);
  const end = rest?.indexOf('<!-- end -->') ?? -1;
  if (rest === undefined || end < 0) {
    throw new Error(`docs/torch.md lacks ${begin} … <!-- end -->.`);
  }
  return `${before ?? ''}${begin}\n\n${lines.join('\n')}\n\n${rest.slice(end)}`;
}
