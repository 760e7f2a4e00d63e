// oxlint-disable-next-line no-restricted-imports -- counts what tfjs itself makes inside an operation, too
import { engine } from '@tensorflow/tfjs-core';

type TensorInfo = ReturnType<ReturnType<typeof engine>['state']['tensorInfo']['get']> & {};

/** tfjs's own table of buffers, which also adds up how large they are; tensors that share their data count once. */
class CountingTable extends WeakMap<object, TensorInfo> {
  now = 0;
  peak = 0;

  override set(id: object, info: TensorInfo): this {
    this.now += info.bytes - (this.get(id)?.bytes ?? 0);
    this.peak = Math.max(this.peak, this.now);
    return super.set(id, info);
  }

  override delete(id: object): boolean {
    this.now -= this.get(id)?.bytes ?? 0;
    return super.delete(id);
  }
}

export interface TensorBytes {
  /** The most bytes that tensors have held at once since the count began or this was asked before. */
  takePeak(): number;
}

/** Counts the bytes of all tensors that are made from now on. */
export function countTensorBytes(): TensorBytes {
  const table = new CountingTable();
  engine().state.tensorInfo = table;
  return {
    takePeak: () => {
      const { peak } = table;
      table.peak = table.now;
      return peak;
    },
  };
}
