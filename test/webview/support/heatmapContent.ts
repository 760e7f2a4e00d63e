import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { ToHeatmap } from '../../../src/shared/webview/heatmap';
import { projectRoot } from '../../support/projectRoot';

export type HeatmapContent = Extract<ToHeatmap, { type: 'show' }>;

/** What the extension sends of a real analysis: stories260K, measured with `adept analyze`. */
export function heatmapContent(): HeatmapContent {
  const read = (name: string): unknown =>
    JSON.parse(readFileSync(join(projectRoot, 'test/webview/stories260K', name), 'utf8'));
  const content = v.parse(ToHeatmap, {
    type: 'show',
    file: '/space/models/stories260K/importance.json',
    importance: read('importance.json'),
    model: { found: true, file: '/space/models/stories260K/config.json', config: read('config.json') },
    trusted: true,
    launch: { engine: 'auto', place: { folder: '/space', runs: '.adept/runs' }, name: 'tune-1', last: null },
  });
  if (content.type !== 'show') {
    throw new Error('The content is no "show".');
  }
  return content;
}
