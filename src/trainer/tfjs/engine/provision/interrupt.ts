import process from 'node:process';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Runs `work` with a signal that aborts when `outer` does or when the process is asked to end. */
export async function interruptible<T>(
  outer: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const abort = (): void => {
    controller.abort();
  };
  for (const name of signals) {
    process.on(name, abort);
  }
  const signal = outer === undefined ? controller.signal : AbortSignal.any([outer, controller.signal]);
  try {
    return await work(signal);
  } finally {
    for (const name of signals) {
      process.removeListener(name, abort);
    }
  }
}
