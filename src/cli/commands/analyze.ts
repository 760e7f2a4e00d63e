import { dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import type { ImportanceFile } from '../../shared/importance';
import { ANALYZE_SETTINGS } from '../../shared/settings';
import { requireWritableFile, writeResult } from '../../node/outputFile';
import { peakMemory } from '../../node/peakMemory';
import { analyze } from '../../trainer/jobs/analyze';
import {
  addSettings,
  engineOf,
  engineOption,
  jsonCommand,
  withOutput,
  readSettings,
  requiredList,
  requiredText,
} from '../options';
import { table } from '../output';
import { withEngine } from '../withEngine';

export function analyzeCommand(): Command {
  const command = jsonCommand('analyze', 'measure how much each layer and unit matters to general competence')
    .option('--model <DIR>', 'Hugging Face model folder')
    .option('--probe <FILE...>', 'general text: the probing corpus')
    .option('--out <FILE>', 'where importance.json is written')
    .addOption(engineOption());
  return addSettings(command, ANALYZE_SETTINGS).action(
    withOutput(async (output, raw) => {
      const model = requiredText(raw, 'model', '--model');
      const probe = requiredList(raw, 'probe', '--probe');
      const out = requiredText(raw, 'out', '--out');
      const settings = readSettings(ANALYZE_SETTINGS, raw);
      requireWritableFile(out, '--out');
      const result = await withEngine(engineOf(raw), output, (engine) =>
        analyze(engine, { model, probe, settings, scratch: dirname(resolve(out)) }, output.cancellableTask()),
      );
      writeResult(out, result);
      output.result(
        { out: resolve(out), ...result, peakMemory: peakMemory() },
        `${layerTable(result)}\n\nwritten: ${resolve(out)}`,
      );
    }),
  );
}

/** Layers with their importance and rank, the least important first in rank. */
export function layerTable(result: ImportanceFile): string {
  const ranked = [...result.layers].sort((a, b) => a.importance - b.importance).map(({ index }) => index);
  const unit = result.mode === 'exact' ? 'importance (nats)' : 'importance (1 − cosine)';
  const rows = result.layers.map(({ index, importance }) => [
    String(index),
    importance.toFixed(4),
    String(ranked.indexOf(index) + 1),
  ]);
  return `base loss ${result.baseLoss.toFixed(4)} nats per token\n${table([['layer', unit, 'rank'], ...rows])}`;
}
