/** What people call a model: its folder, with the one above where the folder is only called "model". */
export function modelName(path: string): string {
  const [above, name] = path
    .split(/[\\/]+/)
    .filter((part) => part !== '' && part !== '.')
    .slice(-2);
  if (name === undefined) {
    return above ?? path;
  }
  return name === 'model' && above !== undefined ? `${above}-${name}` : name;
}
