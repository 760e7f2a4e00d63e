import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Argument } from '../support/command';
import { checkFault } from './refused';
import { copyOf, editHeader, editJson, makeTunedWorld, write, type TunedWorld } from './world';

const folder = mkdtempSync(join(tmpdir(), 'adept-faults-'));
let world: TunedWorld;
before(async () => {
  world = await makeTunedWorld(folder);
});
after(() => {
  rmSync(folder, { recursive: true, force: true });
});

type CommandName = 'status' | 'resume' | 'stop' | 'export';

function command(name: CommandName, run: string, own: string): Argument[] {
  return name === 'export' ? ['export', '--run', run, '--out', join(own, 'new', 'out')] : [name, run];
}

/** A run of six steps with checkpoints at 2, 4 and 6 that is damaged before the commands see it. */
interface Damage {
  readonly title: string;
  readonly damage: (run: string) => void;
  readonly commands: readonly CommandName[];
  readonly says: readonly string[];
}

const LAST = join('checkpoints', 'step-00000006');
const STATE = join(LAST, 'state.json');
const DELTA = join(LAST, 'delta.safetensors');
const OPTIMIZER = join(LAST, 'optimizer.safetensors');
const DOWN = 'model.layers.1.mlp.down_proj.weight';

const cut =
  (file: string) =>
  (run: string): void => {
    truncateSync(join(run, file), Math.floor(readFileSync(join(run, file)).length / 2));
  };
const edit =
  (file: string, change: (value: Record<string, unknown>) => Record<string, unknown>) =>
  (run: string): void => {
    editJson(join(run, file), change);
  };
const remove =
  (path: string) =>
  (run: string): void => {
    rmSync(join(run, path), { recursive: true });
  };
const renameTensor =
  (file: string, name: string) =>
  (run: string): void => {
    editHeader(join(run, file), (header) => ({ [name]: undefined, [`${name}.other`]: header[name] }));
  };
const editLine =
  (index: number, change: (line: string) => string) =>
  (run: string): void => {
    const file = join(run, 'events.ndjson');
    const lines = readFileSync(file, 'utf8').split('\n');
    writeFileSync(file, lines.map((line, at) => (at === index ? change(line) : line)).join('\n'));
  };

const DAMAGES: readonly Damage[] = [
  {
    title: 'it is missing',
    damage: (run) => {
      rmSync(run, { recursive: true });
    },
    commands: ['status', 'resume', 'stop', 'export'],
    says: ['name'],
  },
  {
    title: 'it is some other folder',
    damage: remove('run.json'),
    commands: ['status', 'resume', 'stop', 'export'],
    says: ['run.json', 'not a run folder'],
  },
  {
    title: 'it is a file',
    damage: (run) => {
      rmSync(run, { recursive: true });
      writeFileSync(run, '');
    },
    commands: ['status', 'resume'],
    says: ['not a run folder'],
  },
  {
    title: 'no trainer works on it',
    damage: () => undefined,
    commands: ['stop'],
    says: ['no trainer', 'adept resume'],
  },
  {
    title: 'run.json is cut short',
    damage: cut('run.json'),
    commands: ['status', 'resume', 'export'],
    says: ['run.json', 'JSON'],
  },
  {
    title: 'run.json is of another version',
    damage: edit('run.json', () => ({ format: 'adept.run/9' })),
    commands: ['status', 'resume', 'export'],
    says: ['run.json', '"format"', 'adept.run/9'],
  },
  {
    title: 'run.json lacks a key',
    damage: edit('run.json', () => ({ domain: undefined })),
    commands: ['status', 'resume'],
    says: ['run.json', '"domain"', 'missing'],
  },
  {
    title: 'run.json has a wrong setting',
    damage: edit('run.json', ({ tune }) => ({ tune: { ...(tune as object), steps: -1 } })),
    commands: ['resume'],
    says: ['run.json', '"tune.steps"', '-1'],
  },
  {
    title: 'its model is gone',
    damage: edit('run.json', () => ({ model: '/nowhere/model' })),
    commands: ['resume', 'export'],
    says: ['/nowhere/model/config.json', 'no such file'],
  },
  {
    title: 'its corpus is gone',
    damage: edit('run.json', () => ({ domain: ['/nowhere/c.jsonl'] })),
    commands: ['resume'],
    says: ['run.json', '"domain"', '/nowhere/c.jsonl'],
  },
  {
    title: 'its importance is gone',
    damage: edit('run.json', () => ({ importance: '/nowhere/i.json' })),
    commands: ['resume'],
    says: ['/nowhere/i.json'],
  },
  {
    title: 'an event is cut short',
    damage: editLine(4, (line) => line.slice(0, 30)),
    // The status is read from the log's end, so that it says where the line begins, not its number.
    commands: ['status', 'resume'],
    says: ['events.ndjson, ', 'line', 'JSON'],
  },
  {
    title: 'an event is of an unknown type',
    damage: editLine(2, (line) => line.replace(/"type":"\w+"/, '"type":"party"')),
    // A status leaves out what a newer version may have logged.
    commands: ['resume'],
    says: ['events.ndjson, line 3', '"type"', 'party'],
  },
  {
    title: 'an event lacks its number',
    // The first step.
    damage: editLine(8, (line) => line.replace(/"step":\d+/, '"step":null')),
    commands: ['status', 'resume'],
    says: ['events.ndjson, ', 'line', '"step"'],
  },
  {
    title: 'trainer.json is cut short',
    damage: cut('trainer.json'),
    commands: ['status', 'resume', 'stop'],
    says: ['trainer.json', 'JSON'],
  },
  {
    title: 'trainer.json has a pid that is none',
    damage: edit('trainer.json', () => ({ pid: 'me' })),
    commands: ['status', 'resume', 'stop'],
    says: ['trainer.json', '"pid"'],
  },
  {
    title: 'job.json is cut short',
    damage: (run) => {
      write(join(run, 'job.json'), '{');
    },
    commands: ['status', 'resume', 'stop'],
    says: ['job.json', 'JSON'],
  },
  {
    title: 'job.json has an unknown key',
    damage: (run) => {
      write(
        join(run, 'job.json'),
        JSON.stringify({ format: 'adept.job/1', createdAt: '', config: { nodel: 1 } }),
      );
    },
    commands: ['resume'],
    says: ['job.json', '"config.'],
  },
  {
    title: 'no checkpoint is left',
    damage: remove('checkpoints'),
    commands: ['export'],
    says: ['checkpoints', 'no checkpoint'],
  },
  {
    title: "the last checkpoint's state is cut short",
    damage: cut(STATE),
    commands: ['resume', 'export'],
    says: [STATE, 'JSON'],
  },
  {
    title: "the last checkpoint's state is missing",
    damage: remove(STATE),
    commands: ['resume', 'export'],
    says: [STATE],
  },
  {
    title: "the last checkpoint's state is of another step",
    damage: edit(STATE, () => ({ step: 4 })),
    commands: ['resume', 'export'],
    says: [STATE, '"step"', '4', '6'],
  },
  {
    title: "the last checkpoint's state has a rate that is none",
    damage: edit(STATE, () => ({ baseLearningRate: null })),
    commands: ['resume', 'export'],
    says: [STATE, '"baseLearningRate"'],
  },
  {
    title: "the last checkpoint's state lacks a unit",
    damage: edit(STATE, ({ units }) => ({ units: (units as unknown[]).slice(1) })),
    commands: ['resume'],
    says: [STATE, '"units"', 'layer 1'],
  },
  {
    title: "the last checkpoint's tensors are cut short",
    damage: cut(DELTA),
    commands: ['resume', 'export'],
    says: [DELTA, 'remove', 'the checkpoint before it'],
  },
  {
    title: "the last checkpoint's tensors are missing",
    damage: remove(DELTA),
    commands: ['resume', 'export'],
    says: [DELTA],
  },
  {
    title: 'the last checkpoint lacks a tensor',
    damage: renameTensor(DELTA, DOWN),
    commands: ['resume', 'export'],
    says: [DELTA, DOWN, 'missing', 'remove'],
  },
  {
    title: 'the last checkpoint has a tensor of another shape',
    damage: (run) => {
      editHeader(join(run, DELTA), (header) => ({
        [DOWN]: { ...(header[DOWN] as object), shape: [64, 48] },
      }));
    },
    commands: ['resume', 'export'],
    says: [DELTA, DOWN, '[64, 48]', '[48, 64]'],
  },
  {
    title: "the last checkpoint's moments are cut short",
    damage: cut(OPTIMIZER),
    commands: ['resume'],
    says: [OPTIMIZER, 'remove'],
  },
  {
    title: 'the last checkpoint lacks a moment',
    damage: renameTensor(OPTIMIZER, `${DOWN}.exp_avg_sq`),
    commands: ['resume'],
    says: [OPTIMIZER, `${DOWN}.exp_avg_sq`, 'missing'],
  },
];

describe('a run folder that is refused, because', { concurrency: 2 }, () => {
  for (const { title, damage, commands, says } of DAMAGES) {
    for (const name of commands) {
      it(`${title} (adept ${name})`, (t) => {
        const args = (own: string): Argument[] => {
          const run = copyOf(world.run, join(own, 'bad'));
          damage(run);
          return command(name, run, own);
        };
        return checkFault(t, { title, args, says: [...says] }, folder);
      });
    }
  }
});
