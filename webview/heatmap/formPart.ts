import type { TemplateResult } from 'lit';
import { disclosure } from '../common/disclosure';
import type { FormPart } from './heatmapView';

interface PartContent {
  readonly name: FormPart;
  readonly heading: string;
  /** Those that are open. */
  readonly open: readonly FormPart[];
  readonly toggle: (open: readonly FormPart[]) => void;
}

/** Fields that not everybody needs. Closed they are in the document too: what is wrong with one of them opens its part. */
export function formPart(
  { name, heading, open, toggle }: PartContent,
  fields: TemplateResult,
): TemplateResult {
  const change = (isOpen: boolean): void => {
    toggle(isOpen ? [...open, name] : open.filter((other) => other !== name));
  };
  return disclosure({ name, heading, isOpen: open.includes(name), change }, fields);
}
