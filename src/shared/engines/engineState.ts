import * as v from 'valibot';
import type { Localizer } from '../common/localizer';
import type { EngineChoice } from '../config/runConfig';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** What a Python was seen to have. */
export const TorchFacts = v.object({
  /** Its version. */
  python: v.string(),
  /** Of torch, transformers and safetensors. */
  versions: v.record(v.string(), v.string()),
  /** What computes, where nobody says otherwise. */
  device: v.string(),
  gpus: count,
  cuda: v.nullable(v.string()),
  metal: v.boolean(),
  /** Whether the device computes in it. */
  bfloat16: v.boolean(),
});
export type TorchFacts = v.InferOutput<typeof TorchFacts>;

/** Which engines this machine has, as far as files tell. */
export const EngineState = v.object({
  /** What `auto` is. */
  auto: v.picklist(['native', 'wasm', 'torch']),
  native: v.nullable(v.object({ libtensorflow: v.string(), variant: v.picklist(['cpu', 'gpu']) })),
  torch: v.nullable(
    v.object({
      interpreter: v.string(),
      /** Those that will compute, which ADEPT_DEVICE can forbid. */
      gpus: count,
      /** Null where an earlier version set it up, which asked for less. */
      facts: v.nullable(TorchFacts),
    }),
  ),
});
export type EngineState = v.InferOutput<typeof EngineState>;

/** Those that have to be set up. */
export type InstalledEngine = 'native' | 'torch';

/** Whether an engine can compute here; `auto` always can. */
export function isSetUp(engine: EngineChoice, state: EngineState): boolean {
  return engine === 'auto' || engine === 'wasm' || state[engine] !== null;
}

export function engineName(engine: EngineChoice, l10n: Localizer): string {
  switch (engine) {
    case 'auto':
      return l10n.t('Automatic');
    case 'native':
      return l10n.t('Native');
    case 'wasm':
      return l10n.t('Embedded');
    case 'torch':
      return l10n.t('PyTorch');
  }
}

/** What an engine is on this machine: version and device, or that it is not set up. */
export function engineText(engine: EngineChoice, state: EngineState, l10n: Localizer): string {
  switch (engine) {
    case 'auto':
      return l10n.t('now {0}: {1}', engineName(state.auto, l10n), engineText(state.auto, state, l10n));
    case 'native':
      return nativeText(state.native, l10n);
    case 'wasm':
      return l10n.t('WebAssembly on one thread, for small models');
    case 'torch':
      return torchText(state.torch, l10n);
  }
}

function nativeText(native: EngineState['native'], l10n: Localizer): string {
  if (native === null) {
    return l10n.t('not set up');
  }
  return native.variant === 'gpu'
    ? l10n.t('libtensorflow {0} on an NVIDIA GPU', native.libtensorflow)
    : l10n.t('libtensorflow {0} on the processor', native.libtensorflow);
}

function torchText(torch: EngineState['torch'], l10n: Localizer): string {
  if (torch === null) {
    return l10n.t('not set up');
  }
  const { facts, gpus } = torch;
  if (facts === null) {
    return l10n.t('set up by an earlier version');
  }
  const version = facts.versions.torch ?? '';
  return gpus === 0
    ? l10n.t('PyTorch {0} on the processor', version)
    : l10n.t('PyTorch {0} on {1} × {2}', version, gpus, facts.device);
}
