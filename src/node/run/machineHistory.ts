import type { GpuUse, ResourceUse } from '../../shared/run/resources';
import type { MachineNews, MachineSeries } from '../../shared/webview/machine';
import { DecimatedCurve } from './decimatedCurve';

/** Points of each curve that are shown at most: enough for a picture of any width. */
const POINTS = 1000;
const BUCKETS = 8192;

/** One quantity over the seconds of a run. */
class Quantity {
  private readonly curve = new DecimatedCurve({ buckets: BUCKETS, points: POINTS });
  private peak: number | undefined;
  private at = -Infinity;

  add(second: number, value: number | undefined): void {
    if (value !== undefined) {
      this.curve.add(second, value);
      this.peak = Math.max(this.peak ?? value, value);
      this.at = second;
    }
  }

  /** @param latest when the latest sample was taken; undefined where this was never measured */
  news(latest: number, whole: boolean): MachineSeries | undefined {
    const last = this.curve.latest;
    return last === undefined
      ? undefined
      : {
          curve: this.curve.take(whole).extremes,
          now: this.at === latest ? last[1] : null,
          peak: this.peak ?? null,
        };
  }
}

interface GpuHistory {
  readonly name: string;
  readonly totalBytes: number | undefined;
  readonly memory: Quantity;
  readonly utilization: Quantity;
}

/** What a run's trainers and their machine used over time. It goes on where the run goes back to an earlier step: time does not. */
export class MachineHistory {
  private readonly resident = new Quantity();
  private readonly used = new Quantity();
  private readonly cores = new Quantity();
  private readonly gpus = new Map<number, GpuHistory>();
  private readonly begins: number[] = [];
  private last: ResourceUse | undefined;
  private latest = -Infinity;

  /** @param second since the run began; a clock that was set back counts as standing still */
  add(second: number, use: ResourceUse): void {
    const at = Math.max(second, this.latest + 1e-3);
    const { residentBytes, cpuPercent, machineFreeBytes: free, machineTotalBytes: total } = use;
    if (use.seconds === undefined) {
      this.begins.push(at);
    }
    this.latest = at;
    this.last = use;
    this.resident.add(at, residentBytes);
    this.cores.add(at, cpuPercent === undefined ? undefined : cpuPercent / 100);
    this.used.add(at, free === undefined || total === undefined ? undefined : total - free);
    for (const gpu of use.gpus ?? []) {
      this.addGpu(at, gpu);
    }
  }

  /** What a page does not know yet, or with `whole` everything; undefined before the first sample. */
  take(whole: boolean): MachineNews | undefined {
    const { last, latest } = this;
    if (last === undefined) {
      return undefined;
    }
    const named = (name: 'resident' | 'used' | 'cores'): Partial<MachineNews> => {
      const news = this[name].news(latest, whole);
      return news === undefined ? {} : { [name]: news };
    };
    return {
      ...named('resident'),
      ...named('used'),
      ...named('cores'),
      gpus: [...this.gpus].map(([index, gpu]) => gpuNews(index, gpu, latest, whole)),
      totalBytes: last.machineTotalBytes ?? null,
      freeBytes: last.machineFreeBytes ?? null,
      begins: [...this.begins],
    };
  }

  private addGpu(at: number, { index, name, memoryTotalBytes, ...use }: GpuUse): void {
    const known = this.gpus.get(index);
    const gpu = {
      name,
      totalBytes: memoryTotalBytes ?? known?.totalBytes,
      memory: known?.memory ?? new Quantity(),
      utilization: known?.utilization ?? new Quantity(),
    };
    this.gpus.set(index, gpu);
    gpu.memory.add(at, use.memoryUsedBytes);
    gpu.utilization.add(at, use.utilizationPercent);
  }
}

function gpuNews(
  index: number,
  gpu: GpuHistory,
  latest: number,
  whole: boolean,
): MachineNews['gpus'][number] {
  const [memory, utilization] = [gpu.memory.news(latest, whole), gpu.utilization.news(latest, whole)];
  return {
    ...{ index, name: gpu.name, totalBytes: gpu.totalBytes ?? null },
    ...(memory === undefined ? {} : { memory }),
    ...(utilization === undefined ? {} : { utilization }),
  };
}
