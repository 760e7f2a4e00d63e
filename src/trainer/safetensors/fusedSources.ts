import { fusedSliceOf } from '../../shared/model/fusedTensors';
import type { TensorSource } from './safetensorsWriter';

/**
 * The tensors of a model as its family stores them: units that are one tensor there are put together, their rows one after the
 * other, in the place of the first.
 * @param raw config.json
 */
export function fusedSources(
  raw: Readonly<Record<string, unknown>>,
  sources: readonly TensorSource[],
): TensorSource[] {
  const parts = new Map<string, (TensorSource | undefined)[]>();
  const names = sources.map((source) => {
    const slice = fusedSliceOf(raw, source.name);
    if (slice === undefined) {
      return undefined;
    }
    const own = parts.get(slice.fused) ?? Array.from({ length: slice.count }, () => undefined);
    own[slice.index] = source;
    parts.set(slice.fused, own);
    return slice.fused;
  });
  return sources.flatMap((source, index) => {
    const fused = names[index];
    if (fused === undefined) {
      return [source];
    }
    return names.indexOf(fused) === index ? [joined(fused, parts.get(fused) ?? [])] : [];
  });
}

function joined(name: string, parts: readonly (TensorSource | undefined)[]): TensorSource {
  const whole = parts.filter((part) => part !== undefined);
  const [first] = whole;
  if (first === undefined || whole.length !== parts.length) {
    throw new Error(`"${name}" cannot be written without all of its units.`);
  }
  if (whole.some(({ dtype }) => dtype !== first.dtype)) {
    throw new Error(`"${name}" cannot be written in several types.`);
  }
  const rows = whole.reduce((sum, { shape: [own = 0] }) => sum + own, 0);
  return {
    ...{ name, dtype: first.dtype, shape: [rows, ...first.shape.slice(1)] },
    *chunks() {
      for (const part of whole) {
        yield* part.chunks();
      }
    },
  };
}
