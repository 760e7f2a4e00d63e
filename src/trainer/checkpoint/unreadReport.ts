import { join } from 'node:path';
import { readStoredTensors } from '../../node/model/storedTensors';
import { isOfOtherInput, parseLayerTensorName } from '../../shared/model/architecture';
import { ignoredKeys } from '../../shared/model/configKeys';
import { isBeyondLayers, isInTable, type ModelOutline } from '../../shared/model/outline';
import { textPart } from '../../shared/model/textPart';
import type { Task } from '../task';
import { unreadTensors } from './modelTensors';

/** Kinds of tensors; a folder with more is hardly one that anybody reads about. */
const NAMED = 20;

/** Tells the log what a folder holds that its model's class does not read: keys of config.json, and tensors. */
export function reportUnread(folder: string, outline: ModelOutline, task: Task): void {
  const { family, raw } = outline;
  const keys = isInTable(outline) ? ignoredKeys(outline.family, textPart(raw)) : [];
  if (keys.length > 0) {
    const named = keys.map((key) => `"${key}"`).join(', ');
    task.log?.(`${join(folder, 'config.json')}: ${named} ${notRead(keys.length, family)}`);
  }
  const entries = new Map(readStoredTensors(folder).map((entry) => [entry.name, entry]));
  // Of other kinds of input the model's class does read its parts, which stay as they are.
  const tensors = unreadTensors(outline, { entries }).filter((name) => !isOfOtherInput(name));
  if (tensors.length > 0) {
    task.log?.(`${folder}: ${inWords(tensors, outline)} ${notRead(tensors.length, family)}`);
  }
}

function notRead(count: number, family: string): string {
  return `${count === 1 ? 'is' : 'are'} not read by a ${family} model, here as in transformers.`;
}

/** Names of tensors, those of the same kind in several layers and those of one whole layer together. */
function inWords(names: readonly string[], outline: ModelOutline): string {
  const groups = new Map<string, { readonly first: string; count: number }>();
  for (const name of names) {
    const { key, first } = groupOf(name, outline);
    const group = groups.get(key) ?? { first, count: 0 };
    group.count += 1;
    groups.set(key, group);
  }
  const words = [...groups].map(([key, { first, count }]) =>
    key === first && count > 1
      ? `"${first}" (${count} tensors)`
      : `"${first}"${count > 1 ? ` (in ${count} layers)` : ''}`,
  );
  const rest = words.length - NAMED;
  return `${words.slice(0, NAMED).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}

function groupOf(name: string, outline: ModelOutline): { key: string; first: string } {
  const parsed = parseLayerTensorName(name);
  if (parsed === undefined) {
    return { key: name, first: name };
  }
  const { prefix, layer, rest } = parsed;
  const whole = `${prefix}${layer}`;
  return isBeyondLayers(outline, layer)
    ? { key: whole, first: whole }
    : { key: `${prefix}*.${rest}`, first: name };
}
