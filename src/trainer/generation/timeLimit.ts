import { createContext, Script } from 'node:vm';

const RUN = new Script('work()');

/** Runs synchronous work that a file decides about, for so long at most. @throws Error when it takes longer, and what `work` throws */
export function withTimeLimit<T>(milliseconds: number, work: () => T): T {
  // Only code that a context runs can be interrupted; what it calls is interrupted with it.
  return RUN.runInContext(createContext({ work }), { timeout: milliseconds }) as T;
}
