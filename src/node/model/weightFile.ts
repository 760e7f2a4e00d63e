import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { messageOf } from '../../shared/common/errors';
import { EXPANSION_MANIFEST, ExpansionManifest } from '../../shared/run/manifest';
import { parseLayerTensorName } from '../../shared/model/architecture';
import { parseWith } from '../../shared/common/parse';
import type { TensorRow } from '../../shared/model/tensorTable';
import type { WeightFileFacts } from '../../shared/webview/safetensors';
import { readJson } from '../files/jsonFile';
import { inspectSafetensors } from './safetensorsInspection';

/** A weight file as its editor shows it: from the header, and from the expansion manifest where one lies beside it. */
export async function readWeightFile(
  file: string,
): Promise<{ readonly facts: WeightFileFacts; readonly rows: readonly TensorRow[] }> {
  const { fileBytes, headerBytes, metadata, tensors, problems } = await inspectSafetensors(file);
  const beside = addedLayers(dirname(file));
  const added = new Set(beside.added.map(({ layer }) => layer));
  const rows = tensors.map((tensor): TensorRow => {
    const layer = parseLayerTensorName(tensor.name)?.layer;
    return { ...tensor, shape: [...tensor.shape], added: layer !== undefined && added.has(layer) };
  });
  return {
    rows,
    facts: {
      file,
      fileBytes,
      headerBytes,
      metadata: Object.entries(metadata).map(([key, value]) => ({ key, value })),
      problems: [...problems, ...beside.problems],
      added: beside.added,
      tensors: rows.length,
    },
  };
}

function addedLayers(folder: string): { added: WeightFileFacts['added']; problems: string[] } {
  const file = join(folder, EXPANSION_MANIFEST);
  if (!existsSync(file)) {
    return { added: [], problems: [] };
  }
  try {
    const manifest = parseWith(ExpansionManifest, readJson(file), file);
    return { added: manifest.added.map(({ layer, source }) => ({ layer, source })), problems: [] };
  } catch (error) {
    return { added: [], problems: [messageOf(error)] };
  }
}
