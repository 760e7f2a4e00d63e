import { execFile } from 'node:child_process';
import { failure, messageOf } from '../../shared/common/errors';
import type { GpuUse } from '../../shared/run/resources';
import { errorCode } from '../files/fileError';

const COMMAND = 'nvidia-smi';
const QUERY = ['index', 'name', 'memory.used', 'memory.total', 'utilization.gpu'];
const TIMEOUT_MILLISECONDS = 5000;
const MEBIBYTE = 2 ** 20;

export interface GpuQuestion {
  /** Ends the question. */
  readonly signal: AbortSignal;
  /** The program that is asked, for tests. */
  readonly command?: string;
}

/**
 * Asks the driver of NVIDIA GPUs what they use.
 * @returns `missing` where there is no such driver
 * @throws AdeptError (failure) when it does not answer within five seconds, or fails
 */
export function gpuUse({ signal, command = COMMAND }: GpuQuestion): Promise<readonly GpuUse[] | 'missing'> {
  const args = [`--query-gpu=${QUERY.join()}`, '--format=csv,noheader,nounits'];
  return new Promise((resolve, reject) => {
    execFile(command, args, { timeout: TIMEOUT_MILLISECONDS, signal, windowsHide: true }, (error, stdout) => {
      if (error === null) {
        resolve(gpusIn(stdout));
      } else if (errorCode(error) === 'ENOENT') {
        resolve('missing');
      } else {
        reject(failure(`${command} did not say what GPUs use (${messageOf(error)}).`, error));
      }
    });
  });
}

/** The GPUs in the driver's CSV, memory in MiB. What a GPU does not say stands in brackets there: `[N/A]`, `[Not Supported]`. */
export function gpusIn(csv: string): GpuUse[] {
  return csv.split(/\r?\n/).flatMap((line) => {
    const cells = line.split(',').map((cell) => cell.trim());
    const [first, ...rest] = cells;
    const [used, total, utilization] = rest.slice(-3).map(numberIn);
    const index = numberIn(first ?? '');
    // A name may hold commas, and none of the numbers does.
    const name = rest.slice(0, -3).join(', ');
    return index === undefined || rest.length < QUERY.length - 1
      ? []
      : [
          {
            index,
            name,
            ...(used === undefined ? {} : { memoryUsedBytes: used * MEBIBYTE }),
            ...(total === undefined ? {} : { memoryTotalBytes: total * MEBIBYTE }),
            ...(utilization === undefined ? {} : { utilizationPercent: utilization }),
          },
        ];
  });
}

function numberIn(cell: string): number | undefined {
  return /^\d+$/.test(cell) ? Number(cell) : undefined;
}
