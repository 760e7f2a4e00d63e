import * as v from 'valibot';

/** What a trainer answers on its control socket (JSON-RPC). Versioned by the first exchange, `status`. */
export const PROTOCOL_VERSION = 1;

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

export const TrainerStatus = v.object({
  protocol: v.literal(PROTOCOL_VERSION),
  pid: count,
  phase: v.picklist([
    'preparing',
    'tuning',
    'measuring',
    'evaluating',
    'saving',
    'paused',
    'stopping',
    'ended',
  ]),
  step: count,
  steps: count,
  loss: v.nullable(v.number()),
  baseLearningRate: v.number(),
});
export type TrainerStatus = v.InferOutput<typeof TrainerStatus>;

const none = v.object({});

/** Every call with its parameters and result; both sides parse what they receive. */
export const CONTROL_METHODS = {
  status: { params: none, result: TrainerStatus },
  pause: { params: none, result: TrainerStatus },
  resume: { params: none, result: TrainerStatus },
  /** Answers at once; the trainer saves a checkpoint and ends after the step in hand. */
  stop: { params: none, result: TrainerStatus },
  /** Answers at once; the checkpoint is saved after the step in hand. */
  checkpoint: { params: none, result: TrainerStatus },
  setLearningRate: {
    params: v.object({ value: v.pipe(v.number(), v.finite(), v.minValue(0)) }),
    result: TrainerStatus,
  },
} as const;

export type ControlMethod = keyof typeof CONTROL_METHODS;
export type ControlParams<M extends ControlMethod> = v.InferOutput<(typeof CONTROL_METHODS)[M]['params']>;

/** What people ask of a run, in the order of its buttons. */
export const CONTROL_COMMANDS = ['pause', 'resume', 'stop', 'checkpoint', 'setLearningRate'] as const;
export type ControlCommand = (typeof CONTROL_COMMANDS)[number];

type RequestOf<M extends ControlMethod> = { readonly method: M } & ControlParams<M>;
/** The same with what it needs, from the button to the socket. */
export type ControlRequest = { [M in ControlCommand]: RequestOf<M> }[ControlCommand];
/** Everything that a trainer can be called with. */
export type TrainerCall = ControlRequest | RequestOf<'status'>;
