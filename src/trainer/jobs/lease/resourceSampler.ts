import { freemem, totalmem } from 'node:os';
import { debuglog } from 'node:util';
import { messageOf } from '../../../shared/common/errors';
import type { GpuUse, ResourceUse } from '../../../shared/run/resources';
import { gpuUse } from '../../../node/machine/gpuUse';
import { cpuBetween, ownUse, type ProcessUse } from '../../../node/machine/processUse';

/** Between two samples in the first hour, and from then on: a run of a week writes some ten thousand lines. */
const FIRST_MILLISECONDS = 10_000;
const LATER_MILLISECONDS = 60_000;
const FIRST_HOUR_MILLISECONDS = 3_600_000;
/** A driver that fails so often in a row is asked no more. */
const MOST_FAILURES = 3;

/** Shown with NODE_DEBUG=adept. */
const debug = debuglog('adept');

export interface SamplerOptions {
  readonly emit: (use: ResourceUse) => void;
  readonly askGpus?: typeof gpuUse;
}

/** Says now and then what the trainer and its machine use, as long as it works on a run. It never disturbs the run. */
export class ResourceSampler {
  private readonly began = performance.now();
  private readonly ending = new AbortController();
  private readonly askGpus: typeof gpuUse;
  private timer: NodeJS.Timeout | undefined;
  private last: { readonly at: number; readonly use: ProcessUse } | undefined;
  private failures = 0;
  private hasGpus = true;

  private constructor(private readonly options: SamplerOptions) {
    this.askGpus = options.askGpus ?? gpuUse;
  }

  /** The first sample comes soon, when whoever started it has had its turn. */
  static start(options: SamplerOptions): ResourceSampler {
    const sampler = new ResourceSampler(options);
    sampler.schedule(0);
    return sampler;
  }

  end(): void {
    clearTimeout(this.timer);
    this.ending.abort();
  }

  private schedule(milliseconds: number): void {
    this.timer = setTimeout(() => {
      this.sample().catch((error: unknown) => {
        debug('resources cannot be read: %s', messageOf(error));
      });
    }, milliseconds);
    // The run decides how long the process lives.
    this.timer.unref();
  }

  private async sample(): Promise<void> {
    try {
      const own = this.ownSample();
      const gpus = await this.gpus();
      if (!this.ending.signal.aborted) {
        this.options.emit({
          ...own,
          machineFreeBytes: freemem(),
          machineTotalBytes: totalmem(),
          ...(gpus.length === 0 ? {} : { gpus: [...gpus] }),
        });
      }
    } finally {
      if (!this.ending.signal.aborted) {
        const isFirstHour = performance.now() - this.began < FIRST_HOUR_MILLISECONDS;
        this.schedule(isFirstHour ? FIRST_MILLISECONDS : LATER_MILLISECONDS);
      }
    }
  }

  private ownSample(): ResourceUse {
    const { last } = this;
    const [at, use] = [performance.now(), ownUse()];
    this.last = { at, use };
    const { residentBytes } = use;
    if (last === undefined) {
      return { residentBytes };
    }
    const seconds = (at - last.at) / 1000;
    return { residentBytes, seconds, cpuPercent: (100 * cpuBetween(last.use, use)) / seconds };
  }

  private async gpus(): Promise<readonly GpuUse[]> {
    if (!this.hasGpus) {
      return [];
    }
    try {
      const gpus = await this.askGpus({ signal: this.ending.signal });
      this.failures = 0;
      this.hasGpus = gpus !== 'missing';
      return gpus === 'missing' ? [] : gpus;
    } catch (error) {
      if (this.failures === 0) {
        debug('GPUs cannot be read: %s', messageOf(error));
      }
      this.failures += 1;
      this.hasGpus = this.failures < MOST_FAILURES;
      return [];
    }
  }
}
