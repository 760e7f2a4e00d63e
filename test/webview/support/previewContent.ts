import * as v from 'valibot';
import type { TextPreview } from '../../../src/shared/texts/textPreview';
import { PreviewSource } from '../../../src/shared/webview/preview';

export const PREVIEW_SOURCE = v.parse(PreviewSource, {
  model: '/space/models/small-chat',
  files: ['/space/texts/notes.jsonl'],
});

/** Made up: a text that has everything a page of it can show. */
export function previewContent(change: Partial<TextPreview> = {}): TextPreview {
  const prose =
    'Question: Man, 78 years old, presents with dry cough, tight chest and wheeze for 2 days. What is the diagnosis?\nAnswer: ';
  return {
    sources: ['/space/texts/notes.jsonl'],
    ...{ whole: false, documents: 2012, tokens: 1_234_567, sequences: 4822, seqLen: 256 },
    skipped: 14,
    skippedBy: { null: 3, empty: 1, short: 10, duplicate: 0, unreadable: 0 },
    tokensPerByte: 0.2634,
    ...{ documentStart: '<|im_start|>', documentEnd: '<|endoftext|>', insteadOf: '<|im_end|>' },
    ...{ startTwice: 41, plainChats: 2 },
    lengths: {
      percentiles: { 0: 9, 10: 60, 50: 213, 90: 1411, 99: 5000, 100: 24_310 },
      histogram: [
        { upTo: 16, documents: 12 },
        { upTo: 64, documents: 230 },
        { upTo: 256, documents: 1100 },
        { upTo: 1024, documents: 480 },
        { upTo: 4096, documents: 150 },
        { upTo: 32_768, documents: 40 },
      ],
    },
    samples: [
      {
        tokens: 8412,
        parts: [
          { kind: 'start', text: '<|im_start|>' },
          { kind: 'text', text: prose },
          { kind: 'border', text: '2' },
          { kind: 'text', text: 'Diagnosis: asthma. Treatment: salbutamol 100 mcg as needed.' },
          { kind: 'left out', text: '8212' },
          { kind: 'text', text: 'Review if not improving.' },
          { kind: 'end', text: '<|endoftext|>' },
        ],
        ids: Array.from({ length: 400 }, (_, index) => (index * 7919) % 49_152),
      },
      {
        tokens: 31,
        parts: [
          { kind: 'start', text: '<|im_start|>' },
          { kind: 'special', text: '<|im_start|>' },
          { kind: 'text', text: 'averylongwordwithoutanybreaks'.repeat(9) },
          { kind: 'special', text: '\n\n' },
          { kind: 'end', text: '<|endoftext|>' },
        ],
        ids: Array.from({ length: 31 }, (_, index) => index),
      },
    ],
    framing: null,
    ...change,
  };
}

/** As `adept preview` measures it: another framing than the one in use is better. */
export const FRAMING: NonNullable<TextPreview['framing']> = {
  framings: [
    { documentStart: 'none', documentEnd: '<|endoftext|>', loss: 3.1, chosen: false },
    { documentStart: '<|im_start|>', documentEnd: '<|endoftext|>', loss: 3.412, chosen: true },
    { documentStart: 'none', documentEnd: 'none', loss: 3.9, chosen: false },
  ],
  documents: 48,
  otherIsBetter: true,
};
