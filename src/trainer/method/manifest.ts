import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { inputError } from '../../shared/common/errors';
import { EXPANSION_MANIFEST, ExpansionManifest } from '../../shared/run/manifest';
import { parseWith } from '../../shared/common/parse';
import { readJson, writeJson } from '../../node/files/jsonFile';
import type { ModelOutline } from '../../shared/model/outline';

/** The manifest of an expanded model's folder; undefined when the folder has none. */
export function readManifest(folder: string): ExpansionManifest | undefined {
  const file = join(folder, EXPANSION_MANIFEST);
  return existsSync(file) ? parseWith(ExpansionManifest, readJson(file), file) : undefined;
}

/**
 * The manifest of a model that is to be tuned.
 * @throws AdeptError (input) when the folder was not expanded, or manifest and config.json disagree.
 */
export function requireManifest(
  folder: string,
  config: Pick<ModelOutline, 'numHiddenLayers'>,
): ExpansionManifest {
  const manifest = readManifest(folder);
  const file = join(folder, EXPANSION_MANIFEST);
  if (manifest === undefined) {
    throw inputError(
      `${file} is missing, so ${folder} has no added layers to tune: run "adept expand" first, or give --full.`,
    );
  }
  const bad = manifest.added.find(
    ({ layer, sourceLayer }) => layer >= config.numHiddenLayers || sourceLayer >= config.numHiddenLayers,
  );
  if (manifest.layers !== config.numHiddenLayers || bad) {
    throw inputError(
      `${file}: "layers" is ${manifest.layers}, config.json has ${config.numHiddenLayers}: expand the model again.`,
    );
  }
  const layers = manifest.added.map(({ layer }) => layer);
  if (layers.length === 0 || new Set(layers).size !== layers.length) {
    throw inputError(
      `${file}: "added" names ${layers.length === 0 ? 'no layer' : `the layers ${layers.join(', ')}, one of them twice`}: expand the model again.`,
    );
  }
  return manifest;
}

export function writeManifest(folder: string, manifest: ExpansionManifest): void {
  writeJson(join(folder, EXPANSION_MANIFEST), manifest);
}
