import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { ToHeatmap } from '../../../src/shared/webview/heatmap';
import { projectRoot } from '../../support/projectRoot';

export type HeatmapContent = Extract<ToHeatmap, { type: 'show' }>;

/** What the extension sends of a real analysis: stories260K, measured with `adept analyze`. */
export function heatmapContent(): HeatmapContent {
  return contentOf('stories260K');
}

/** The same of another recorded analysis: `sampleBoth` is the sample model, measured on general and on domain text. */
export function contentOf(name: 'stories260K' | 'sampleBoth'): HeatmapContent {
  const read = (file: string): unknown =>
    JSON.parse(readFileSync(join(projectRoot, 'test/webview', name, file), 'utf8'));
  const content = v.parse(ToHeatmap, {
    type: 'show',
    file: `/space/models/${name}/importance.json`,
    importance: read('importance.json'),
    model: {
      ...{ found: true, file: `/space/models/${name}/config.json`, config: read('config.json') },
      inBfloat16: false,
    },
    trusted: true,
    launch: {
      engine: 'auto',
      engines: {
        auto: 'native',
        native: { libtensorflow: '2.21.0', variant: 'cpu' },
        torch: null,
      },
      machine: { memoryBytes: 64e9, freeMemoryBytes: 48e9, freeDiskBytes: 500e9 },
      cluster: null,
      folders: { folder: '/space', runs: '.adept/runs' },
      name: 'tune-1',
      last: null,
    },
  });
  if (content.type !== 'show') {
    throw new Error('The content is no "show".');
  }
  return content;
}
