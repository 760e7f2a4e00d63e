import type * as v from 'valibot';
import { USUAL_ASK_SETTINGS } from '../../../src/shared/playground/askSettings';
import type { KeptRound } from '../../../src/shared/playground/history';
import type { Sides } from '../../../src/shared/playground/sides';
import type {
  PlaygroundColumn,
  PlaygroundOrigin,
  PlaygroundRound,
  ToPlayground,
} from '../../../src/shared/webview/playground';

type Show = Extract<v.InferOutput<typeof ToPlayground>, { type: 'show' }>;

const RUN = '/space/.adept/runs/clinical-notes';
export const EXPORTED = '/space/.adept/exports/clinical-notes-step-120-alpha-0.5';

export const ORIGINS: PlaygroundOrigin[] = [
  {
    ...{ kind: 'run', run: RUN, name: 'clinical-notes', live: false, adds: true },
    checkpoints: [
      { step: 120, name: 'Step 120', description: 'best · 2.1034 domain · 3.4120 general' },
      { step: 60, name: 'before the long texts', description: 'step 60 · 2.4034 domain · 3.4020 general' },
    ],
  },
  {
    ...{ kind: 'run', run: '/space/.adept/runs/full', name: 'full', live: true, adds: false },
    checkpoints: [{ step: 30, name: 'Step 30', description: '2.2 domain' }],
  },
  { kind: 'model', model: EXPORTED, name: 'clinical-notes-step-120-alpha-0.5', exportOf: 'clinical-notes' },
  { kind: 'model', model: '/space/SmolLM2-135M', name: 'SmolLM2-135M', exportOf: null },
];

export const USUAL_SIDES: Sides = [
  { kind: 'base', run: RUN },
  { kind: 'checkpoint', run: RUN, step: 120, alpha: 1, drop: [] },
];

export const PROMPT = 'Patient presents with a two-week history of dry cough. On examination';
const TEXTS = [
  ', the patient was found to have a small amount of blood in the lungs.\nThe patient was then sent to the hospital.',
  ', the patient was afebrile, with bilateral wheeze and a respiratory rate of 18.\nImpression: acute bronchitis.',
] as const;
const COSTS = [
  { promptTokens: 16, promptSeconds: 0.213, tokens: 38, tokenSeconds: 0.0482 },
  { promptTokens: 16, promptSeconds: 0.2046, tokens: 34, tokenSeconds: 0.0527 },
] as const;
const NAMES = ['clinical-notes, base model', 'clinical-notes, step 120'] as const;

export function column(index: 0 | 1, change: Partial<PlaygroundColumn> = {}): PlaygroundColumn {
  const side = USUAL_SIDES[index];
  if (side === undefined) {
    throw new Error('Two sides are usual.');
  }
  return {
    ...{ side, name: NAMES[index], state: 'ended', doing: '', text: TEXTS[index], cost: COSTS[index] },
    ...{ end: 'stop', problem: null, lacksTemplate: false, ...change },
  };
}

export function round(columns: PlaygroundColumn[] = [column(0), column(1)], id = 'round-1'): PlaygroundRound {
  return { id, prompt: PROMPT, settings: USUAL_ASK_SETTINGS, columns };
}

export function kept(id: string, prompt: string): KeptRound {
  const answers = [column(0), column(1)].map(({ side, name, text, cost, end }) => ({
    ...{ side, name, problem: null },
    answer: cost === null || end === null ? null : { text, end, cost },
  }));
  const settings = { ...USUAL_ASK_SETTINGS, temperature: 0.8, topP: 0.9, seed: 3, stopTexts: ['\n\n'] };
  return { id, prompt, settings, time: '2026-11-29T14:05:00.000Z', answers };
}

/** The page as it is first shown. */
export function show(change: Partial<Show> = {}): Show {
  return {
    ...{ type: 'show', usual: USUAL_SIDES, trusted: true, origins: ORIGINS, round: null, isAnswering: false },
    process: { state: 'none', engine: null, problem: null },
    history: [],
    ...change,
  };
}

/** Both have answered, and there is a past. */
export function answered(): Show {
  return show({
    process: { state: 'ready', engine: { engine: 'native', device: 'CPU', threads: 2 }, problem: null },
    round: round(),
    history: [
      kept('round-1', PROMPT),
      kept(
        'round-0',
        'Discharge summary:\nThe patient was admitted with chest pain that had begun two days before, and',
      ),
    ],
  });
}
