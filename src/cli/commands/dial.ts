import type { Command } from 'commander';
import {
  allowedRise,
  layerWorth,
  recommendedStrength,
  USUAL_RISE,
  type RecommendedStrength,
  type StrengthFile,
} from '../../shared/run/strength';
import { inputError } from '../../shared/common/errors';
import { RunFolder } from '../../node/run/runFolder';
import { measureStrength } from '../../trainer/jobs/results/strength';
import {
  addEngine,
  engineOf,
  jsonCommand,
  numberOf,
  parseNumber,
  textOf,
  withOutput,
  type RawOptions,
} from '../common/options';
import { nats, table, type Output } from '../common/output';
import { withExecutor } from '../common/withExecutor';

const USUAL_ALPHAS = [0.25, 0.5, 0.75];

export function strengthCommand(): Command {
  const command = jsonCommand(
    'dial',
    'measure losses with the added layers scaled by α, and without each layer',
  )
    .argument('<RUNDIR>', 'run folder')
    .option('--checkpoint <STEP>', 'step of the checkpoint (default: the last)', parseNumber)
    .option(
      '--alphas <0.25,0.5>',
      'strengths (α) between 0, the original model, and 1 (default: 0.25,0.5,0.75)',
    )
    .option(
      '--max-general-rise <NATS>',
      `largest allowed increase of general loss for the recommended strength (default: the run's limit, or ${USUAL_RISE})`,
      parseNumber,
    );
  return addEngine(command).action(
    withOutput(async (output, raw, path = '') => {
      const run = RunFolder.open(path);
      const request = {
        step: numberOf(raw, 'checkpoint'),
        alphas: alphasOf(raw),
        onProblem: (message: string) => {
          output.log(message);
        },
      };
      const measured = await withExecutor(engineOf(raw), output, (executor) =>
        measureStrength(run, executor, request, output.cancellableTask()),
      );
      report(output, measured, numberOf(raw, 'maxGeneralRise') ?? allowedRise(measured));
    }),
  );
}

function alphasOf(raw: RawOptions): number[] {
  const text = textOf(raw, 'alphas');
  const alphas = text?.split(',').map(Number) ?? USUAL_ALPHAS;
  const wrong = alphas.find((alpha) => !(alpha >= 0 && alpha <= 1));
  if (wrong !== undefined) {
    throw inputError(`--alphas: "${text}" is not a list of numbers from 0 to 1: give for example 0.25,0.5.`);
  }
  return alphas;
}

/** Why a strength is recommended. */
function adviceText({ alpha, kept, largest, generalLoss }: RecommendedStrength, limit: number): string {
  if (kept === null) {
    return `no strength gains in the domain with general loss up by at most ${limit}`;
  }
  return alpha === largest.alpha
    ? `most domain gain with general loss up by at most ${limit}`
    : `${(kept * 100).toFixed(0)}% of the domain gain of α = ${largest.alpha}, with general loss ${(largest.generalLoss - generalLoss).toFixed(4)} lower than there`;
}

function report(output: Output, measured: StrengthFile, limit: number): void {
  const best = recommendedStrength(measured, limit);
  const worth = measured.without.map((entry) => ({ ...entry, worth: layerWorth(measured, entry) }));
  const { pruned } = measured;
  const points = measured.points.map(({ alpha, domainLoss, generalLoss }) => [
    String(alpha),
    nats(domainLoss),
    nats(generalLoss),
  ]);
  const layers = worth.map((entry) => [
    `${entry.layer} (copy of ${entry.source})`,
    entry.worth.domain.toFixed(4),
    entry.worth.general.toFixed(4),
  ]);
  const advice = [
    ...(best ? [`${adviceText(best, limit)}: --alpha ${best.alpha}`] : []),
    ...(pruned
      ? [
          `contributed nothing; without them domain loss ${nats(pruned.domainLoss)}, general loss ${nats(pruned.generalLoss)}: --drop ${pruned.layers.join(',')}`,
        ]
      : []),
  ];
  output.result(
    { ...measured, bestAlpha: best?.alpha ?? null, removable: pruned?.layers ?? [] },
    [
      table([['alpha', 'domain loss', 'general loss'], ...points]),
      '',
      table([['added layer', 'lowers domain loss by', 'general loss by'], ...layers]),
      '',
      ...advice.map((line) => `${line} (adept export)`),
    ].join('\n'),
  );
}
