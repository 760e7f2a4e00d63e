import { resolve } from 'node:path';
import type { Command } from 'commander';
import { inputError } from '../../shared/common/errors';
import type { ExpandChoice } from '../../shared/config/runConfig';
import { expand } from '../../trainer/jobs/model/expand';
import {
  addEngine,
  addTextSettings,
  corpusOf,
  countOf,
  engineOf,
  jsonCommand,
  layersOf,
  listOf,
  parseNumber,
  requiredText,
  textOf,
  withOutput,
  type RawOptions,
  modelOf,
  MODEL_DESCRIPTION,
} from '../common/options';
import { withExecutor } from '../common/withExecutor';

export function expandCommand(): Command {
  const command = jsonCommand(
    'expand',
    'duplicate the chosen layers without changing the output, and check it',
  )
    .option('--model <DIR>', MODEL_DESCRIPTION)
    .option('--out <DIR>', 'folder of the expanded model; must be empty or not exist')
    .option('--layers <3,7>', 'layers to duplicate, counted from 0')
    .option('--lowest <K>', 'duplicate the K least important layers; needs --importance', parseNumber)
    .option('--importance <FILE>', 'importance.json that "adept analyze" wrote')
    .option(
      '--contrast <K>',
      'duplicate the K layers of low general and high domain importance; needs --importance',
      parseNumber,
    )
    .option('--uniform <K>', 'duplicate every (L/K)-th layer, as in LLaMA-Pro', parseNumber)
    .option('--probe <FILE...>', 'text for the equivalence check; by default seeded token IDs');
  return addTextSettings(addEngine(command)).action(
    withOutput(async (output, raw) => {
      const model = modelOf(raw);
      const out = requiredText(raw, 'out', '--out');
      const choice = choiceOf(raw);
      const probe = listOf(raw, 'probe');
      const request = {
        ...{ model, out, choice, importance: textOf(raw, 'importance') },
        probe: probe && corpusOf(raw, probe),
      };
      const manifest = await withExecutor(engineOf(raw), output, (executor) =>
        expand(executor, request, output.cancellableTask()),
      );
      const added = manifest.added.map(({ layer, source }) => `${layer} (copy of ${source})`).join(', ');
      output.result(
        { out: resolve(out), ...manifest },
        `${manifest.base.layers} layers became ${manifest.layers}; added: ${added}\nlargest difference of any logit: ${manifest.equivalence?.maxDifference ?? 'not measured'}\nwritten: ${resolve(out)}`,
      );
    }),
  );
}

function choiceOf(raw: RawOptions): ExpandChoice {
  const layers = layersOf(raw, 'layers', '--layers');
  const lowest = countOf(raw, 'lowest', '--lowest');
  const contrast = countOf(raw, 'contrast', '--contrast');
  const uniform = countOf(raw, 'uniform', '--uniform');
  const given = [layers, lowest, contrast, uniform].filter((value) => value !== undefined);
  if (given.length !== 1) {
    throw inputError(
      `--layers, --lowest, --contrast, --uniform: give exactly one of them (${given.length} given).`,
    );
  }
  if (layers !== undefined) {
    return { layers };
  }
  const byImportance = lowest === undefined ? '--contrast' : '--lowest';
  if (uniform === undefined && textOf(raw, 'importance') === undefined) {
    throw inputError(
      `--importance: is required with ${byImportance}: give the file that "adept analyze" wrote.`,
    );
  }
  if (lowest !== undefined) {
    return { lowest };
  }
  if (contrast !== undefined) {
    return { contrast };
  }
  return { uniform: uniform ?? 0 };
}
