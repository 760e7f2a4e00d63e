import { html, type TemplateResult } from 'lit';
import { disclosure } from '../common/disclosure';
import type { Fold } from './heatmapView';

export interface FoldContent {
  readonly name: Fold;
  readonly heading: string;
  /** Those that are open. */
  readonly open: readonly Fold[];
  readonly toggle: (open: readonly Fold[]) => void;
}

/** A part of the page that not everybody needs: its heading opens it, and the page remembers that. */
export function fold(
  { name, heading, open, toggle }: FoldContent,
  content: () => TemplateResult,
): TemplateResult {
  const isOpen = open.includes(name);
  const change = (now: boolean): void => {
    toggle(now ? [...open, name] : open.filter((other) => other !== name));
  };
  const title = html`<h2>${heading}</h2>`;
  return disclosure({ name: `fold fold-${name}`, heading: title, isOpen, change }, isOpen ? content() : '');
}
