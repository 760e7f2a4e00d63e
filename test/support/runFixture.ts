import { tuneSettings } from './settings';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { processToken } from '../../src/node/process/processAlive';
import { RunFolder } from '../../src/node/run/runFolder';
import { EXPANSION_MANIFEST, type ExpansionManifest } from '../../src/shared/run/manifest';
import {
  CHECKPOINT_FILES,
  checkpointName,
  type CheckpointState,
  type NewRunEvent,
  type RunSpec,
} from '../../src/shared/run/runFolder';
import { writeRaw } from './rawSafetensors';

/** Values of tensors, by name; each is one-dimensional. */
export type Tensors = Readonly<Record<string, readonly number[]>>;

/** A run folder written by hand: no trainer ever worked on it. */
export class RunFixture {
  readonly model: string;
  readonly run: RunFolder;

  /**
   * @param path a folder that holds model and run
   * @param model tensors of the expanded model
   */
  constructor(
    readonly path: string,
    model: Tensors = {},
    manifest?: ExpansionManifest,
    runPath = join(path, 'run'),
  ) {
    this.model = join(path, 'model');
    mkdirSync(this.model, { recursive: true });
    writeRaw(join(this.model, 'model.safetensors'), model);
    if (manifest) {
      writeFileSync(join(this.model, EXPANSION_MANIFEST), JSON.stringify(manifest));
    }
    this.run = RunFolder.create(runPath, '--out', (run) => {
      run.writeSpec(spec(this.model));
      if (manifest) {
        run.writeManifest(manifest);
      }
    });
  }

  /** Adds a checkpoint. */
  checkpoint(step: number, state: Partial<CheckpointState> = {}, delta: Tensors = {}): string {
    const folder = join(this.run.file('checkpoints'), checkpointName(step));
    mkdirSync(folder, { recursive: true });
    writeRaw(join(folder, CHECKPOINT_FILES.delta), delta);
    writeRaw(
      join(folder, CHECKPOINT_FILES.optimizer),
      Object.fromEntries(
        Object.entries(delta).flatMap(([name, values]) =>
          ['exp_avg', 'exp_avg_sq'].map((suffix) => [`${name}.${suffix}`, values.map(() => 0)]),
        ),
      ),
    );
    writeFileSync(
      join(folder, CHECKPOINT_FILES.state),
      JSON.stringify({ ...emptyState(step), ...state } satisfies CheckpointState),
    );
    return folder;
  }

  /** Writes a trainer.json that names this very process. */
  pretendToTrain(state: 'running' | 'ended'): void {
    const token = processToken(process.pid);
    this.run.writeTrainer({
      format: 'adept.trainer/1',
      pid: process.pid,
      ...(token === undefined ? {} : { processToken: token }),
      startedAt: '2026-01-01T00:00:00.000Z',
      heartbeat: new Date().toISOString(),
      socket: null,
      state,
      engine: {},
    });
  }

  /** Writes the whole event log. */
  events(events: readonly NewRunEvent[]): void {
    const lines = events.map((event, seq) =>
      JSON.stringify({ seq, time: new Date(seq * 1000).toISOString(), ...event }),
    );
    writeFileSync(this.run.file('events'), lines.map((line) => `${line}\n`).join(''));
  }
}

function spec(model: string): RunSpec {
  return {
    format: 'adept.run/1',
    createdAt: '2026-01-01T00:00:00.000Z',
    model,
    probe: ['probe.txt'],
    domain: ['domain.txt'],
    eval: {},
    engine: 'auto',
    tune: tuneSettings({ saveEvery: 10 }),
  };
}

function emptyState(step: number): CheckpointState {
  return {
    format: 'adept.checkpoint/1',
    step,
    createdAt: new Date(Date.UTC(2026, 0, 1) + step * 1000).toISOString(),
    sequencesSeen: step * 4,
    baseLearningRate: 0.001,
    units: [],
    unitsMeasuredAt: 0,
    loss: null,
    domainLoss: null,
    generalLoss: null,
  };
}

/** A manifest of a model of `layers` layers of which these were copied. */
export function manifestOf(layers: number, sources: readonly number[]): ExpansionManifest {
  const sorted = [...sources].sort((a, b) => a - b);
  return {
    format: 'adept.manifest/1',
    createdAt: '2026-01-01T00:00:00.000Z',
    base: { path: '/base', family: 'llama', layers, files: {} },
    layers: layers + sorted.length,
    added: sorted.map((source, earlier) => ({
      layer: source + earlier + 1,
      source,
      sourceLayer: source + earlier,
      sourceHash: '',
    })),
    zeroed: [],
    equivalence: null,
  };
}
