import { appendFileSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import type { AskedPrompt, PromptSet } from '../../src/shared/run/answers';
import type { LogSubject } from '../../src/shared/run/logSubject';
import type { GpuUse, ResourceUse } from '../../src/shared/run/resources';
import type { StrengthFile } from '../../src/shared/run/strength';
import { RunEvent } from '../../src/shared/run/runFolder';
import type { AnswerRound } from '../../src/shared/webview/run';
import { projectRoot } from './projectRoot';

/**
 * A run that was recorded: `adept run` on the sample model with the wasm engine, 200 steps with an evaluation and a
 * measurement every 20 and a checkpoint every 40. It was killed after step 93 and resumed from its checkpoint at step 80.
 */
const RECORDED = join(projectRoot, 'test/webview/recordedRun');

/** The lines of its log, each with its newline. */
export const recordedLines: readonly string[] = readFileSync(join(RECORDED, 'events.ndjson'), 'utf8')
  .split(/(?<=\n)/)
  .filter((line) => line !== '');

/** When its first event was written. */
const BEGIN = Date.parse('2026-11-25T02:43:09.720Z');

/** The index of the first line that holds a text. */
export function recordedLine(text: string): number {
  const index = recordedLines.findIndex((line) => line.includes(text));
  if (index === -1) {
    throw new Error(`The recorded run has no line with ${text}.`);
  }
  return index;
}

/** As a model says that learns clinical notes. */
export const RECORDED_PROMPTS: readonly AskedPrompt[] = [
  { text: 'The capital of France is', source: 'general', ids: [1] },
  { text: 'Once upon a time, in a small village by the sea, there lived', source: 'general', ids: [2] },
  { text: 'def is_prime(n):\n    """Return True if n is a prime number."""\n', source: 'general', ids: [3] },
  {
    ...{
      text: 'Question: Woman, 25 years old, presents with a throbbing headache',
      source: 'domain',
      ids: [4],
    },
    reference: ' on one side.\nAnswer: Diagnosis: migraine. Treatment: sumatriptan 50 mg at onset.',
  },
];

const ended = (...texts: readonly string[]): AnswerRound['answers'] =>
  texts.map((text) => ({ text, end: 'length' as const }));

export const RECORDED_ANSWERS: readonly AnswerRound[] = [
  {
    step: 0,
    answers: ended(
      ' Paris. It is a big city with many people.',
      ' a little girl named Lily. She liked to play with her boat.',
      '    if n < 2:\n        return False\n',
      ' and she was very sad. Her mom gave her a hug.',
    ),
  },
  {
    step: 80,
    answers: ended(
      ' Paris. It is a big city with many people.',
      ' a little girl named Lily. She liked to play with her dog.',
      '    if n < 2:\n        return False\n',
      ' and nausea for two days.\nAnswer: Diagnosis: migraine.',
    ),
  },
  {
    step: 200,
    answers: ended(
      ' Paris. It is a city with many people.',
      ' a little girl named Lily. She liked to play with her dog.',
      '',
      ' on one side.\nAnswer: Diagnosis: migraine. Treatment: ibuprofen 400 mg.',
    ),
  },
];

export interface TrainerFacts {
  /** Of the process that works on the run; the test's own by default, which lives. */
  readonly pid?: number;
  readonly state?: 'running' | 'ended';
  /** When it sent its last heartbeat; now when left out. */
  readonly heartbeat?: string;
}

/** The recorded run in a folder, up to any line of its log, and going on from there. */
export class RecordedRun {
  private written = 0;

  /** @param folder an empty one, or none yet */
  constructor(readonly folder: string) {
    mkdirSync(folder, { recursive: true });
    for (const name of ['run.json', 'job.json', 'manifest.json']) {
      copyFileSync(join(RECORDED, name), join(folder, name));
    }
  }

  get events(): string {
    return join(this.folder, 'events.ndjson');
  }

  /** Writes the log's lines up to, without, the one at `end`. */
  advance(end: number): void {
    appendFileSync(this.events, recordedLines.slice(this.written, end).join(''));
    this.written = end;
  }

  /** The trainer says how far a stage is, after what the log has come to. */
  progress(stage: string, fraction: number, message: string): void {
    const time = '2026-11-25T02:52:00.000Z';
    appendFileSync(
      this.events,
      `${JSON.stringify({ seq: 0, time, type: 'progress', stage, fraction, message })}\n`,
    );
  }

  /** Freezes the first unit, as the forgetting limit does at an evaluation. */
  freezeFirstUnit(step: number): void {
    const line = recordedLines.findLast((text) => text.includes('"type":"importance"')) ?? '';
    const event = v.parse(RunEvent, JSON.parse(line));
    if (event.type !== 'importance') {
      throw new Error(`Not what was looked for: ${line}`);
    }
    const units = event.units.map((unit, index) =>
      index === 0 ? { ...unit, learningRate: 0, frozen: true } : unit,
    );
    const frozen = { ...event, step, seq: recordedLines.length, units, why: 'frozen' };
    appendFileSync(this.events, `${JSON.stringify(frozen)}\n`);
  }

  /** Two tasks, one with two ways of counting, at every fortieth step. */
  scored(): void {
    const rights = [31, 33, 36, 35, 39, 41];
    const lines = rights.flatMap((right, index) => {
      const [step, seq] = [index * 40, recordedLines.length + index];
      const event = { seq, time: '2026-11-25T02:55:00.000Z', type: 'scores', step, seconds: 4 };
      const open = [
        { metric: 'strictMatch', count: 2 + 9 * index },
        { metric: 'flexibleExtract', count: 5 + 10 * index },
      ];
      return [
        { ...event, task: 'mmlu', questions: 100, correct: [{ metric: 'accuracy', count: right }] },
        { ...event, task: 'gsm8k', questions: 60, correct: open },
      ];
    });
    appendFileSync(this.events, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  }

  /** A change of the rate, and each remedy against forgetting, at the steps that the log has come to. */
  happened(): void {
    const because =
      'general loss is 0.8512 nats, 0.2296 more than the 0.6216 before tuning, and may rise by 0.2';
    const units = [
      { layer: 4, name: 'mlp.up_proj' },
      { layer: 4, name: 'mlp.down_proj' },
    ];
    const subjects: LogSubject[] = [
      { kind: 'baseRate', step: 50, from: 1e-3, to: 5e-4 },
      { kind: 'remedy', step: 100, because, remedy: { kind: 'lower', from: 5e-4, to: 2.5e-4 } },
      { kind: 'remedy', step: 140, because, remedy: { kind: 'freeze', units, left: 16 } },
    ];
    const lines = subjects.map((about) => {
      const event = {
        seq: 0,
        time: '2026-11-25T02:52:00.000Z',
        type: 'log',
        level: 'info',
        message: about.kind,
      };
      return `${JSON.stringify({ ...event, about })}\n`;
    });
    appendFileSync(this.events, lines.join(''));
  }

  /** Prompts, and what was said to them at some steps. */
  answered(prompts: readonly AskedPrompt[], rounds: readonly AnswerRound[]): void {
    const set: PromptSet = { format: 'adept.prompts/1', maxTokens: 24, prompts: [...prompts] };
    writeFileSync(join(this.folder, 'prompts.json'), JSON.stringify(set));
    this.answers(rounds);
  }

  /** What was said to the prompts since. */
  answers(rounds: readonly AnswerRound[]): void {
    const lines = rounds.map((round) => {
      const event = { seq: 0, time: '2026-11-25T02:52:00.000Z', type: 'answers', ...round, seconds: 1.5 };
      return `${JSON.stringify(event)}\n`;
    });
    appendFileSync(this.events, lines.join(''));
  }

  /** Samples of trainer and machine, `seconds` after the first event. */
  resources(samples: readonly (readonly [seconds: number, use: ResourceUse])[]): void {
    const lines = samples.map(([seconds, use]) => {
      const time = new Date(BEGIN + seconds * 1000).toISOString();
      return `${JSON.stringify({ seq: 0, time, type: 'resources', ...use })}\n`;
    });
    appendFileSync(this.events, lines.join(''));
  }

  /** Says who works on the run. */
  trainer({
    pid = process.pid,
    state = 'running',
    heartbeat = new Date().toISOString(),
  }: TrainerFacts = {}): void {
    writeFileSync(
      join(this.folder, 'trainer.json'),
      JSON.stringify({
        format: 'adept.trainer/1',
        pid,
        startedAt: '2026-11-25T02:43:09.700Z',
        heartbeat,
        socket: state === 'ended' ? null : '/tmp/adept.sock',
        state,
        engine: { engine: 'wasm', device: 'CPU (WebAssembly SIMD)' },
      }),
    );
  }

  /** Writes losses over α, as `adept dial` does. */
  strength(strength: StrengthFile): void {
    writeFileSync(join(this.folder, 'dial.json'), JSON.stringify(strength));
  }

  /** The run has come to its end. */
  finish(): void {
    this.advance(recordedLines.length);
    this.trainer({ state: 'ended' });
    const after = { domainLoss: 0.9626, generalLoss: 1.0548, accuracy: null };
    writeFileSync(join(this.folder, 'report.json'), JSON.stringify({ steps: 200, after }));
  }
}

/** Made up, with one layer that contributed nothing. */
export const RECORDED_STRENGTH: StrengthFile = {
  format: 'adept.dial/1',
  step: 200,
  points: [
    { alpha: 0, domainLoss: 2.4296, generalLoss: 0.6216 },
    { alpha: 0.5, domainLoss: 1.5, generalLoss: 0.75 },
    { alpha: 1, domainLoss: 0.9626, generalLoss: 1.0548 },
  ],
  without: [
    { layer: 4, source: 3, domainLoss: 1.9, generalLoss: 0.8 },
    { layer: 7, source: 5, domainLoss: 0.9625, generalLoss: 1.05 },
  ],
  pruned: { layers: [7], domainLoss: 0.9625, generalLoss: 1.05 },
};

const GIGABYTE = 1e9;

/** Made up: two hours on two GPUs with half an hour between two trainers, at the end with hardly any memory free. */
export const RECORDED_RESOURCES: readonly (readonly [seconds: number, use: ResourceUse])[] = Array.from(
  { length: 100 },
  (_, index): readonly [number, ResourceUse] => {
    const isFirst = index === 0 || index === 60;
    const load = Math.min(1, (index % 60) / 12);
    const gpu = (number: number): GpuUse => ({
      index: number,
      name: 'NVIDIA H200',
      memoryTotalBytes: 150_754_820_096,
      memoryUsedBytes: Math.round((4 + (60 + 8 * number) * load) * GIGABYTE),
      // The driver does not say it of the second.
      ...(number === 0 ? { utilizationPercent: Math.round(load * (88 + 8 * Math.sin(index))) } : {}),
    });
    return [
      index * 60 + (index >= 60 ? 1800 : 0),
      {
        residentBytes: Math.round((2 + 40 * load) * GIGABYTE),
        ...(isFirst ? {} : { seconds: 60, cpuPercent: 100 * (0.5 + 6 * load + Math.sin(index) / 4) }),
        machineTotalBytes: 128 * GIGABYTE,
        machineFreeBytes: Math.round((index < 99 ? 120 - 40 * load - index / 2 : 4.4) * GIGABYTE),
        gpus: [gpu(0), gpu(1)],
      },
    ];
  },
);
