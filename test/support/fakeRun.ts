import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { writeJson } from '../../src/node/files/jsonFile';
import { processToken } from '../../src/node/process/processAlive';
import { RunFolder } from '../../src/node/run/runFolder';
import { JOB_FILES } from '../../src/shared/run/job';
import { RunConfig } from '../../src/shared/config/runConfig';
import {
  CHECKPOINT_FILES,
  checkpointName,
  RUN_FILES,
  RunSpec,
  type CheckpointState,
  type NewRunEvent,
  type TrainerFile,
} from '../../src/shared/run/runFolder';

const CREATED = '2026-01-02T03:04:05.000Z';

/** A run folder as a trainer would have left it, made without one. */
export class FakeRun {
  private seq = 0;
  private skipped = 0;
  readonly folder: RunFolder;

  constructor(readonly path: string) {
    mkdirSync(join(path, RUN_FILES.checkpoints), { recursive: true });
    this.folder = RunFolder.at(path);
  }

  /** As `adept tune` makes it. */
  tuned(steps = 100, settings: object = {}): this {
    this.folder.writeSpec(
      v.parse(RunSpec, {
        format: 'adept.run/1',
        createdAt: CREATED,
        model: '/models/expanded',
        probe: ['/data/general.txt'],
        domain: ['/data/domain.txt'],
        eval: {},
        engine: 'wasm',
        tune: { steps, learningRate: 0.001, ...settings },
      }),
    );
    return this;
  }

  /** As `adept run` makes it. */
  wholeJob(steps = 100, settings: object = {}): this {
    const config = v.parse(RunConfig, {
      model: '/models/base',
      probe: ['/data/general.txt'],
      domain: ['/data/domain.txt'],
      out: this.path,
      tune: { steps, learningRate: 0.001, ...settings },
    });
    writeJson(join(this.path, JOB_FILES.job), { format: 'adept.job/1', createdAt: CREATED, config });
    return this;
  }

  /** What a whole job writes last; only that it is there matters. */
  report(): this {
    writeJson(join(this.path, JOB_FILES.report), { format: 'adept.report/1' });
    return this;
  }

  trainer(change: Partial<TrainerFile> = {}): this {
    const token = processToken(process.pid);
    this.folder.writeTrainer({
      format: 'adept.trainer/1',
      pid: process.pid,
      ...(token === undefined ? {} : { processToken: token }),
      startedAt: CREATED,
      heartbeat: new Date().toISOString(),
      socket: null,
      state: 'running',
      engine: {},
      ...change,
    });
    return this;
  }

  /** A trainer that is gone without having ended the run. */
  deadTrainer(): this {
    return this.trainer({ processToken: 'another boot:1' });
  }

  line(text: string): this {
    appendFileSync(this.folder.file('events'), text);
    return this;
  }

  event(event: NewRunEvent): this {
    const time = new Date(Date.parse(CREATED) + (this.seq + this.skipped) * 1000).toISOString();
    return this.line(`${JSON.stringify({ seq: this.seq++, time, ...event })}\n`);
  }

  /** So many seconds pass in which nothing happens. */
  after(seconds: number): this {
    this.skipped += seconds;
    return this;
  }

  status(status: Extract<NewRunEvent, { type: 'status' }>['status']): this {
    return this.event({ type: 'status', status });
  }

  step(step: number, loss: number): this {
    return this.event({ type: 'step', step, loss, learningRate: 0.001, tokensPerSecond: 1000, gradNorm: 1 });
  }

  evaluation(step: number, domainLoss: number | null, generalLoss: number | null): this {
    return this.event({ type: 'eval', step, domainLoss, generalLoss, seconds: 1 });
  }

  checkpoint(step: number, domainLoss: number | null, generalLoss: number | null): this {
    const path = join(this.folder.file('checkpoints'), checkpointName(step));
    const state: CheckpointState = {
      format: 'adept.checkpoint/1',
      step,
      createdAt: CREATED,
      sequencesSeen: step,
      baseLearningRate: 0.001,
      units: [],
      unitsMeasuredAt: 0,
      loss: 1,
      domainLoss,
      generalLoss,
    };
    mkdirSync(path);
    writeJson(join(path, CHECKPOINT_FILES.state), state);
    return this;
  }
}
