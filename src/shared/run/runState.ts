/** What a run folder says of its run. waiting: nobody has worked on it yet. died: its trainer is gone without having ended it. */
export const RUN_STATES = ['waiting', 'running', 'paused', 'stopped', 'done', 'failed', 'died'] as const;
export type RunState = (typeof RUN_STATES)[number];
