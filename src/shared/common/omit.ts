/** A copy of an object without some of its keys. */
export function omit<T extends object, const K extends keyof T>(value: T, ...keys: readonly K[]): Omit<T, K> {
  const left = Object.entries(value).filter(([key]) => !(keys as readonly PropertyKey[]).includes(key));
  // Made of every entry but these.
  return Object.fromEntries(left) as Omit<T, K>;
}
