/** Computes a value again only where one of those that it depends on is another than the last time. */
export function once<T>(): (on: readonly unknown[], compute: () => T) => T {
  let last: { readonly on: readonly unknown[]; readonly value: T } | undefined;
  return (on, compute) => {
    if (last === undefined || on.some((value, index) => value !== last?.on[index])) {
      last = { on, value: compute() };
    }
    return last.value;
  };
}
