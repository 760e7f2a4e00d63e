import type { ShownRunState } from './stateText';

/** What a state's colour says: it is or went well, waits for a person, went wrong, or may have. */
export type StateTone = 'plain' | 'good' | 'waits' | 'unsure' | 'wrong';

export interface StateLook {
  /** A codicon. */
  readonly icon: string;
  readonly tone: StateTone;
}

/** How a run's state looks, in every list and on every page. */
export const STATE_LOOKS: Readonly<Record<ShownRunState, StateLook>> = {
  opening: { icon: 'loading', tone: 'plain' },
  waiting: { icon: 'circle-outline', tone: 'plain' },
  starting: { icon: 'loading', tone: 'plain' },
  gone: { icon: 'trash', tone: 'unsure' },
  running: { icon: 'sync', tone: 'good' },
  paused: { icon: 'debug-pause', tone: 'waits' },
  stopped: { icon: 'debug-stop', tone: 'waits' },
  done: { icon: 'pass', tone: 'good' },
  failed: { icon: 'error', tone: 'wrong' },
  died: { icon: 'warning', tone: 'wrong' },
  unreadable: { icon: 'question', tone: 'unsure' },
};

/** Whether the icon of a state turns in a list, where nothing else moves. */
export function turns(state: ShownRunState): boolean {
  return state === 'opening' || state === 'starting' || state === 'running';
}
