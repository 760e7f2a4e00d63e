import * as v from 'valibot';

const time = { time: v.string() };

/**
 * One line of the file that `--events FILE` names: how a command tells whoever started it how far it is and what came of
 * it, readable also by one who comes later. The first line is `started`, the last `result` or `error`; a command whose
 * process is gone without one of these was killed.
 */
export const CommandEvent = v.variant('type', [
  v.object({
    ...time,
    type: v.literal('started'),
    pid: v.pipe(v.number(), v.integer(), v.minValue(1)),
    command: v.string(),
  }),
  /** `fraction` of the whole command, 0 to 1. */
  v.object({ ...time, type: v.literal('progress'), fraction: v.number(), message: v.string() }),
  v.object({ ...time, type: v.literal('log'), message: v.string() }),
  /** What the command prints as JSON. */
  v.object({ ...time, type: v.literal('result'), value: v.record(v.string(), v.unknown()) }),
  v.object({ ...time, type: v.literal('error'), message: v.string(), exitStatus: v.picklist([1, 2]) }),
]);
export type CommandEvent = v.InferOutput<typeof CommandEvent>;

/** An event before it is stamped. */
export type NewCommandEvent = CommandEvent extends infer E
  ? E extends CommandEvent
    ? Omit<E, 'time'>
    : never
  : never;
