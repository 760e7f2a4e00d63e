/** A model's or data set's name on the Hub: `org/name`. */
export const HUB_NAME = /^[A-Za-z0-9][\w.-]{0,95}\/[A-Za-z0-9][\w.-]{0,95}$/;

/**
 * The name on the Hub of what lies in a snapshot of its cache: .../models--org--name/snapshots/…
 * @see https://huggingface.co/docs/huggingface_hub/guides/manage-cache
 */
export function hubNameOf(path: string, kind: 'models' | 'datasets'): string | undefined {
  const parts = path.split(/[\\/]+/);
  const folder = parts.find(
    (part, index) => part.startsWith(`${kind}--`) && parts[index + 1] === 'snapshots',
  );
  const name = folder?.split('--').slice(1).join('/');
  return name !== undefined && (HUB_NAME.test(name) || /^[A-Za-z0-9][\w.-]*$/.test(name)) ? name : undefined;
}

/** The last part of a path of any system. */
export function lastPart(path: string): string {
  return path.split(/[\\/]+/).findLast((part) => part !== '' && part !== '.') ?? 'model';
}
