import { createContext, Script } from 'node:vm';

const RUN = new Script('work()');

/** Work was interrupted since it took too long. */
class TimeLimitError extends Error {
  constructor(milliseconds: number) {
    super(`it has not ended after ${milliseconds / 1000} s`);
  }
}

/**
 * Runs synchronous work that a file decides about.
 * @throws TimeLimitError when it takes longer, and what `work` throws
 */
export function withTimeLimit<T>(milliseconds: number, work: () => T): T {
  try {
    // Only code that a context runs can be interrupted; what it calls is interrupted with it.
    return RUN.runInContext(createContext({ work }), { timeout: milliseconds }) as T;
  } catch (error) {
    throw isTimeout(error) ? new TimeLimitError(milliseconds) : error;
  }
}

/** The error is one of the context, whose `Error` is another. */
function isTimeout(error: unknown): boolean {
  return (
    typeof error === 'object' &&
    error !== null &&
    'code' in error &&
    error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT'
  );
}
