import type { RunRow } from '../../../src/shared/runs/runRow';
import type { RunCurves, TickedComparison } from '../../../src/shared/webview/runs';

/** A row as the host makes it, of a run that is done. */
export function rowOf(name: string, change: Partial<RunRow> = {}): RunRow {
  return {
    path: `/space/.adept/runs/${name}`,
    name,
    study: null,
    state: 'done',
    activity: 'done · step 800/800',
    model: 'SmolLM2-135M',
    layers: [3, 14, 17, 26],
    learningRate: 0.0003,
    step: 800,
    steps: 800,
    domainChange: -0.4213,
    generalChange: 0.0312,
    seconds: 2700,
    startedAt: '2026-11-20T08:00:00.000Z',
    tags: [],
    note: '',
    notesProblem: null,
    actions: ['open', 'share', 'rename', 'duplicate', 'delete'],
    ...change,
  };
}

/** Runs of each kind that the table has to tell apart. */
export function rowsOf(): RunRow[] {
  return [
    rowOf('law-2', {
      state: 'running',
      activity: 'running · step 120/800',
      step: 120,
      domainChange: -0.1021,
      generalChange: 0.0104,
      seconds: 410,
      startedAt: '2026-11-28T09:30:00.000Z',
      tags: ['baseline', 'paper'],
      actions: ['open', 'share', 'duplicate'],
    }),
    rowOf('law-1', { study: 'law-study', tags: ['paper'], note: 'the best so far\nkeep it' }),
    rowOf('law-10', { layers: [3, 14], learningRate: 0.001, domainChange: -0.5127, generalChange: 0.2204 }),
    rowOf('medicine', {
      state: 'failed',
      activity: 'failed · step 31/500',
      model: 'Qwen3-0.6B',
      layers: null,
      step: 31,
      steps: 500,
      domainChange: null,
      generalChange: null,
      seconds: 95,
      startedAt: '2026-11-21T18:20:00.000Z',
      actions: ['open', 'share', 'rename', 'duplicate', 'resume', 'delete'],
    }),
    rowOf('torn', {
      state: 'died',
      activity: 'trainer is gone',
      step: 400,
      seconds: 90_000,
      startedAt: '2026-11-19T10:00:00.000Z',
      notesProblem: '/space/.adept/runs/torn/notes.json: is not JSON: correct it.',
      actions: ['open', 'share', 'rename', 'duplicate', 'resume', 'delete'],
    }),
  ];
}

/** Losses that fall for the domain and rise in general, with `speed`. */
export function curvesOf(name: string, speed: number): RunCurves {
  return {
    path: `/space/.adept/runs/${name}`,
    evals: Array.from({ length: 9 }, (_, index) => ({
      step: index * 100,
      domainLoss: 2.9 - 0.5 * (1 - Math.exp((-speed * index) / 3)),
      generalLoss: 2.1 + 0.02 * speed * index,
    })),
    scores: [0, 800].map((step) => ({
      ...{ step, task: 'mmlu', questions: 100 },
      correct: [{ metric: 'accuracy' as const, count: 30 + step / 40 }],
    })),
    problem: null,
  };
}

export function comparisonOf(names: readonly string[]): TickedComparison {
  return {
    paths: names.map((name) => `/space/.adept/runs/${name}`),
    differences: [
      { name: 'tune.learningRate', values: names.map((name) => (name === 'law-10' ? '0.001' : '0.0003')) },
      {
        name: 'expanded layers',
        values: names.map((name) => (name === 'law-10' ? '3, 14' : '3, 14, 17, 26')),
      },
      { name: 'tune.seed', values: names.map((_, index) => String(index)) },
    ],
    problems: [],
  };
}
