import type { Command } from 'commander';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { FramingTrial, PreviewPart } from '../../shared/texts/textPreview';
import { tryFramings } from '../../trainer/jobs/texts/framingTrial';
import { previewText, type Previewed } from '../../trainer/jobs/texts/preview';
import { skipText } from '../../trainer/data/store/prepareText';
import {
  addEngine,
  addTextSettings,
  corpusOf,
  countOf,
  engineOf,
  jsonCommand,
  parseNumber,
  requiredList,
  withOutput,
  type RawOptions,
  modelOf,
  MODEL_DESCRIPTION,
} from '../common/options';
import { table, type Output } from '../common/output';
import { withExecutor } from '../common/withExecutor';

export function previewCommand(): Command {
  const command = jsonCommand('preview', 'show a text as the model sees it')
    .option('--model <DIR>', MODEL_DESCRIPTION)
    .option('--data <FILE...>', 'files, globs, or folders of shards')
    .option('--documents <N>', 'show the first N documents (default: 3)', parseNumber)
    .option('--ids', 'show token IDs too')
    .option('--no-framing', 'do not measure which document tokens the model predicts best')
    .option('--seq-len <N>', 'tokens per packed sequence (default: 256)', parseNumber);
  return addTextSettings(addEngine(command)).action(
    withOutput(async (output, raw) => {
      const model = modelOf(raw);
      const request = {
        ...{ model, data: corpusOf(raw, requiredList(raw, 'data', '--data')), field: '--data' },
        seqLen: countOf(raw, 'seqLen', '--seq-len', 2),
        documents: countOf(raw, 'documents', '--documents') ?? 3,
      };
      const previewed = await previewText(request, output.cancellableTask());
      const framing = await framingOf(output, raw, model, previewed);
      const { preview } = previewed;
      output.result({ ...preview, framing: framing ?? null }, prose(preview, framing, raw.ids === true));
    }),
  );
}

/** A tokenizer may lie by itself. */
function hasWeights(model: string): boolean {
  return ['model.safetensors', 'model.safetensors.index.json'].some((name) => existsSync(join(model, name)));
}

async function framingOf(
  output: Output,
  raw: RawOptions,
  model: string,
  { preview, store }: Previewed,
): Promise<FramingTrial | undefined> {
  const { documentStart, documentEnd } = corpusOf(raw, []);
  if (raw.framing === false || preview.documentStart === null || !hasWeights(model)) {
    return undefined;
  }
  return withExecutor(engineOf(raw), output, (executor) =>
    tryFramings(executor, model, store, { documentStart, documentEnd }, output.cancellableTask()),
  );
}

function prose(preview: Previewed['preview'], framing: FramingTrial | undefined, withIds: boolean): string {
  const { lengths, samples, whole, skipped, tokensPerByte } = preview;
  const of = whole ? '' : ' (of what was read: the first part)';
  const quantiles = lengths.percentiles;
  return [
    ...samples.flatMap(({ tokens, parts, ids }, index) => [
      `── document ${index + 1}, ${tokens} tokens ──`,
      parts.map(partText).join(''),
      ...(withIds ? [ids.join(' ')] : []),
      '',
    ]),
    `${preview.documents} documents, ${preview.tokens} tokens, ${preview.sequences} sequences of ${preview.seqLen}${of}`,
    ...(skipped === 0 ? [] : [`${skipped} rows skipped: ${skipText({ skipped: preview.skippedBy })}`]),
    ...(tokensPerByte === null ? [] : [`${tokensPerByte.toFixed(3)} tokens per byte`]),
    `tokens per document: minimum ${quantiles['0']}, median ${quantiles['50']}, 90th percentile ${quantiles['90']}, maximum ${quantiles['100']}`,
    table([
      ['tokens up to', ...lengths.histogram.map(({ upTo }) => String(upTo))],
      ['documents', ...lengths.histogram.map(({ documents }) => String(documents))],
    ]),
    ...frameLines(preview),
    ...trialLines(framing),
  ].join('\n');
}

function partText({ kind, text }: PreviewPart): string {
  switch (kind) {
    case 'text':
      return text;
    case 'start':
    case 'end':
    case 'special':
      return `⟦${text}⟧`;
    case 'border':
      return `\n┄┄ sequence ${text} ┄┄\n`;
    case 'left out':
      return `\n… ${text} tokens left out …\n`;
  }
}

function frameLines({
  documentStart,
  documentEnd,
  insteadOf,
  startTwice,
  documents,
}: Previewed['preview']): string[] {
  if (documentStart === null || documentEnd === null) {
    return [];
  }
  const named = (token: string): string => (token === '' ? 'none' : token);
  return [
    `document start ${named(documentStart)}, document end ${named(documentEnd)}${insteadOf === null ? '' : ` (not ${insteadOf}, which ends a turn)`}`,
    ...(startTwice === 0
      ? []
      : [
          `${startTwice} of ${documents} documents already begin with ${documentStart} and get it twice: remove it from the text, or give --document-start none`,
        ]),
  ];
}

function trialLines(trial: FramingTrial | undefined): string[] {
  if (trial === undefined) {
    return [];
  }
  const rows = trial.framings.map(({ documentStart, documentEnd, loss, chosen }) => [
    ...[documentEnd, documentStart, loss.toFixed(3), chosen ? 'chosen' : ''],
  ]);
  const [best] = trial.framings;
  return [
    '',
    `loss on the beginnings of ${trial.documents} documents, nats per token:`,
    table([['end', 'start', 'loss', ''], ...rows]),
    ...(trial.otherIsBetter && best !== undefined
      ? [
          `the model predicts documents better with another framing: --document-start ${best.documentStart} --document-end ${best.documentEnd}`,
        ]
      : []),
  ];
}
