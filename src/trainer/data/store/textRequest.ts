import type { TextSettings } from '../../../shared/settings/textSettings';
import type { StoredText } from '../../../shared/texts/storedText';

/** A text whose ids are wanted. */
export interface TextRequest {
  /** Each a file that exists. */
  readonly files: readonly string[];
  /** The model's folder, with its tokenizer. */
  readonly folder: string;
  readonly vocabSize: number;
  readonly maxPositions?: number | undefined;
  readonly text: TextSettings;
  /** As versions did that knew no text settings. */
  readonly legacy?: boolean;
  /** What files are called in errors begins with this. */
  readonly label: string;
  /** Ids that are enough; all are wanted when left out. */
  readonly enoughTokens?: number | undefined;
  /** Whether what there is so far is enough. */
  readonly enough: (text: StoredText) => boolean;
}
