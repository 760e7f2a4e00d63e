import { rmSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { readJson } from '../../node/files/jsonFile';
import { corpusFilesOf } from '../../node/texts/corpusFiles';
import { parseWith } from '../../shared/common/parse';
import { ImportanceFile } from '../../shared/method/importance';
import { knownTokensOf } from '../texts/textFacts';
import { storageFolder, workspaceFolderOf } from '../window/folders';
import type { Services } from '../services/services';
import { analyzeArguments, type Analysis } from './analysisRequest';

/** Sequences that a measurement of the time takes. */
export const TRIAL_SEQUENCES = 2;

/** What an analysis took for each token, by what it was measured on. */
export interface MeasuredCost {
  readonly secondsPerToken: number;
  readonly sequences: number;
}

/** What the time of an analysis depends on, beside how much text there is. */
export function costKey({ model, mode, engine }: Pick<Analysis, 'model' | 'mode' | 'engine'>): string {
  return [model, mode ?? '', engine ?? ''].join('\n');
}

/**
 * Analyzes a few sequences and keeps nothing but the time they took.
 * @throws vscode.CancellationError; AdeptError as the command says it.
 */
export async function measureCost(services: Services, analysis: Analysis): Promise<MeasuredCost> {
  const out = join(storageFolder(services.context), `trial-${process.pid}.json`);
  const { model, probe, mode, engine, seqLen } = analysis;
  const trial = { model, probe, mode, engine, seqLen, parts: true, maxSequences: TRIAL_SEQUENCES, out };
  try {
    await services.jobs.run({
      title: vscode.l10n.t('Measuring the time of {0} sequences', TRIAL_SEQUENCES),
      args: analyzeArguments(trial),
      cwd: workspaceFolderOf(model, services.context),
      purpose: { kind: 'measure' },
    });
    return costOf(parseWith(ImportanceFile, readJson(out), out));
  } finally {
    rmSync(out, { force: true });
  }
}

function costOf({ timing, probe }: ImportanceFile): MeasuredCost {
  const seconds = timing.layersSeconds + timing.unitsSeconds;
  return { secondsPerToken: seconds / Math.max(1, probe.tokens), sequences: probe.sequences };
}

/** Seconds that an analysis takes at this cost; undefined where nobody knows how much text it is. */
export function secondsOf(
  {
    probe,
    domain,
    maxSequences,
    seqLen,
    model,
  }: Pick<Analysis, 'probe' | 'domain' | 'maxSequences'> & {
    readonly seqLen: number;
    /** Whose tokens are counted. */
    readonly model: string | undefined;
  },
  cost: MeasuredCost,
): number | undefined {
  const known = model === undefined ? undefined : knownTokensOf(model);
  const sequencesOf = (paths: readonly string[]): number | undefined => {
    const tokens = known?.of(paths.flatMap((path) => corpusFilesOf(path, '')));
    const all = tokens === undefined ? undefined : Math.floor(tokens / seqLen);
    return all === undefined ? maxSequences : Math.min(all, maxSequences ?? Infinity);
  };
  const counts = [probe, ...(domain === undefined ? [] : [domain])].map(sequencesOf);
  return counts.includes(undefined)
    ? undefined
    : counts.reduce<number>((sum, count) => sum + (count ?? 0), 0) * seqLen * cost.secondsPerToken;
}
