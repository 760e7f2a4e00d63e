import type { MachineNews, MachineSeries } from '../../src/shared/webview/machine';
import { NO_CURVE, patched, type Curve } from '../common/curve';

/** A quantity over the seconds of a run; null where the latest sample does not have it. */
export interface UsedSeries {
  readonly curve: Curve;
  readonly now: number | null;
  readonly peak: number | null;
}

export interface UsedGpu {
  readonly index: number;
  readonly name: string;
  readonly totalBytes: number | null;
  readonly memory: UsedSeries | undefined;
  readonly utilization: UsedSeries | undefined;
}

/** What a page knows of trainer and machine. */
export interface MachineUse {
  readonly resident: UsedSeries | undefined;
  readonly used: UsedSeries | undefined;
  readonly cores: UsedSeries | undefined;
  readonly gpus: readonly UsedGpu[];
  readonly totalBytes: number | null;
  readonly freeBytes: number | null;
  readonly begins: readonly number[];
}

/** What a page knows after news. */
export function receivedMachine(before: MachineUse | undefined, news: MachineNews): MachineUse {
  return {
    resident: received(before?.resident, news.resident),
    used: received(before?.used, news.used),
    cores: received(before?.cores, news.cores),
    gpus: news.gpus.map(({ index, name, totalBytes, memory, utilization }) => {
      const known = before?.gpus.find((gpu) => gpu.index === index);
      return {
        ...{ index, name, totalBytes },
        memory: received(known?.memory, memory),
        utilization: received(known?.utilization, utilization),
      };
    }),
    totalBytes: news.totalBytes,
    freeBytes: news.freeBytes,
    begins: news.begins,
  };
}

function received(before: UsedSeries | undefined, news: MachineSeries | undefined): UsedSeries | undefined {
  return news && { curve: patched(before?.curve ?? NO_CURVE, news.curve), now: news.now, peak: news.peak };
}

/** The curve with a gap before each beginning: a line that goes on would say that the run was running. */
export function withGaps({ x, y }: Curve, begins: readonly number[]): Curve {
  const xs: number[] = [];
  const ys: number[] = [];
  let next = 0;
  for (const [index, at] of x.entries()) {
    while (next < begins.length && (begins[next] ?? Infinity) <= at) {
      const last = xs.at(-1);
      if (last !== undefined && !Number.isNaN(ys.at(-1))) {
        xs.push((last + (begins[next] ?? at)) / 2);
        ys.push(NaN);
      }
      next += 1;
    }
    xs.push(at);
    ys.push(y[index] ?? NaN);
  }
  return { x: xs, y: ys };
}
