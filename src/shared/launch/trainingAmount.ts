import { TUNE_SETTINGS } from '../settings/tuneSettings';
import type { FormReading } from './launchForm';

/** What is known of a text without reading it. */
export interface TextSize {
  readonly bytes: number;
  /** Null where it was not tokenized yet. */
  readonly tokens: number | null;
}

/** Of text in a language with an alphabet; of others it is less. */
const BYTES_PER_TOKEN = 4;
/** The size of these says little of how much text they hold. */
const PACKED = /\.(gz|zst|zip|parquet|arrow)$/i;

/** How much the form's domain text is, in sequences and steps. */
export interface TrainingAmount {
  readonly tokens: number;
  /** Whether tokens were counted, or follow from the size of the files. */
  readonly isCounted: boolean;
  readonly sequences: number;
  /** Steps in which every sequence comes once; replay comes beside it. */
  readonly stepsPerEpoch: number;
}

/** Undefined where nothing is known of the text, or it does not fill a sequence. */
export function trainingAmount(
  { files, settings }: Pick<FormReading, 'files' | 'settings'>,
  size: TextSize | undefined,
): TrainingAmount | undefined {
  const isCounted = size?.tokens !== null;
  if (size === undefined || (!isCounted && files.domain.some((path) => PACKED.test(path)))) {
    return undefined;
  }
  const seqLen = Number(settings.seqLen ?? TUNE_SETTINGS.seqLen.default);
  const batchSize = Number(settings.batchSize ?? TUNE_SETTINGS.batchSize.default);
  const replay =
    files.replay.length === 0 ? 0 : Number(settings.replayShare ?? TUNE_SETTINGS.replayShare.default);
  const tokens = size.tokens ?? Math.round(size.bytes / BYTES_PER_TOKEN);
  const sequences = Math.floor(tokens / seqLen);
  return sequences === 0
    ? undefined
    : { tokens, isCounted, sequences, stepsPerEpoch: Math.ceil(sequences / (batchSize * (1 - replay))) };
}
