/** Names of folders that say nothing of what is in them; a run exports into the last. */
const GENERIC = /^(model|export)$/;

/** What people call a model: its folder, with the one above where the folder is only called "model" or "export". */
export function modelName(path: string): string {
  const [above, name] = path
    .split(/[\\/]+/)
    .filter((part) => part !== '' && part !== '.')
    .slice(-2);
  if (name === undefined) {
    return above ?? path;
  }
  return GENERIC.test(name) && above !== undefined ? `${above}-${name}` : name;
}
