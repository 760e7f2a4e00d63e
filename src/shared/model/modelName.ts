/** Names of folders that say nothing of what is in them; a run exports into the last. */
const GENERIC = /^(model|export)$/;

/** A snapshot in a Hub cache, whose folder is called by its commit. */
const SNAPSHOT = /[\\/]models--[^\\/]+?--([^\\/]+)[\\/]snapshots[\\/][^\\/]+[\\/]*$/;

/**
 * What people call a model: its folder, with the one above where the folder is only called "model" or "export"; of a snapshot in
 * a Hub cache its name there.
 */
export function modelName(path: string): string {
  const [, cached] = SNAPSHOT.exec(path) ?? [];
  if (cached !== undefined) {
    return cached;
  }
  const [above, name] = path
    .split(/[\\/]+/)
    .filter((part) => part !== '' && part !== '.')
    .slice(-2);
  if (name === undefined) {
    return above ?? path;
  }
  return GENERIC.test(name) && above !== undefined ? `${above}-${name}` : name;
}
