import type { Comparison } from '../../src/shared/run/comparison';

function scores(choices: number, open: number): Comparison['a']['scores'] {
  return [
    { task: 'mmlu', questions: 100, correct: [{ metric: 'accuracy', count: choices }] },
    { task: 'gsm8k', questions: 100, correct: [{ metric: 'strictMatch', count: open }] },
  ];
}

/** Two layers of a run: the first has a unit that was zero in A, the second moved by half everywhere. */
export function sampleComparison(): Comparison {
  const point = {
    run: '/runs/medical',
    base: false,
    createdAt: '2026-01-01T00:00:00.000Z',
    baseLearningRate: 0.001,
  };
  return {
    format: 'adept.comparison/1',
    a: {
      ...point,
      step: 10,
      loss: null,
      domainLoss: 2.5,
      generalLoss: 1.5,
      meanUnitLearningRate: 0.001,
      scores: scores(31, 2),
    },
    b: {
      ...point,
      step: 40,
      loss: 2.25,
      domainLoss: 2,
      generalLoss: 1.75,
      meanUnitLearningRate: 0.0015,
      scores: scores(36, 50),
    },
    layers: [
      { layer: 3, layerInB: 3, source: 2, added: true },
      { layer: 7, layerInB: 6, source: 5, added: true },
    ],
    units: [
      { layer: 3, name: 'input_layernorm', parameters: 2, norm: 3, difference: 0, change: 0 },
      { layer: 3, name: 'self_attn.q_proj', parameters: 16, norm: 4, difference: 12, change: 3 },
      { layer: 3, name: 'mlp.down_proj', parameters: 8, norm: 0, difference: 5, change: null },
      { layer: 7, name: 'input_layernorm', parameters: 2, norm: 1, difference: 0.5, change: 0.5 },
      { layer: 7, name: 'self_attn.q_proj', parameters: 16, norm: 2, difference: 1, change: 0.5 },
    ],
    outer: [],
    notes: ['1 unit is zero in A (step 10; mlp.down_proj): there is no relative change, only a difference.'],
  };
}
