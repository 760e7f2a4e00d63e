/**
 * A path as a file in `folder` would name it: relative, with forward slashes, when it lies inside; as it is otherwise.
 * @param folder absolute, as the system writes paths
 */
export function pathFrom(folder: string, path: string): string {
  const windows = /^[A-Za-z]:[\\/]|^\\\\/.test(folder);
  const normal = (text: string): string => (windows ? text.replaceAll('\\', '/') : text).replace(/\/+$/, '');
  const same = (text: string): string => (windows ? text.toLowerCase() : text);
  const [root, full] = [normal(folder), normal(path)];
  if (same(full) === same(root)) {
    return '.';
  }
  return same(full).startsWith(`${same(root)}/`) ? full.slice(root.length + 1) : path;
}
