import type { NvidiaDevice } from './gpu';
import type { NativeVariant } from '../../../../node/engines/nativeInstall';
import type { OnProgress } from './progress';

export interface RouteOptions {
  readonly variant: NativeVariant;
  readonly device: NvidiaDevice | undefined;
  /** Everything of the attempt goes here and is removed with it; what is to stay is renamed away. */
  readonly staging: string;
  readonly onProgress: OnProgress;
  readonly signal: AbortSignal;
}

/** What a route leaves in the staging folder: the folder to install and the binding's path in it. */
export interface StagedEngine {
  readonly folder: string;
  readonly binding: string;
}
