import fused from '../../../python/adept_torch/fused.json';
import { FAMILIES, type Family, type FamilyTraits } from './families';

/** What a family has beyond a plain decoder: norms before the sublayers, whole heads that rotate, SwiGLU. For documents. */
function features(family: Family): string[] {
  const traits = FAMILIES[family];
  const { norms } = traits;
  const around = norms.attentionInput === undefined ? 'after the sublayers' : 'around the sublayers';
  const has = (condition: boolean, text: string): string[] => (condition ? [text] : []);
  return [
    ...has(norms.attentionOutput !== undefined, `norms ${around}`),
    ...has(traits.normOffset === 1, 'norms that multiply by 1 + weight'),
    ...{ none: [], head: ['norms of query and key heads'], whole: ['norms of all queries and keys'] }[
      traits.queryKeyNorms
    ],
    ...{ none: [], qkv: ['biases of q, k, v'], qkvConfig: ['biases of q, k, v'], config: ['biases'] }[
      traits.attentionBias
    ],
    ...has(traits.slidingWindow !== 'none', windowText(traits)),
    ...has(traits.layersWithoutRope, 'layers without rotation'),
    ...has(traits.ropeByLayerType !== undefined, 'a rotation for each type of layer'),
    ...has(traits.partialRotary, 'heads that rotate in part'),
    ...has(traits.interleavedRotary, 'neighbours that rotate together'),
    ...has(traits.scaledQueries, 'queries that grow with their position'),
    ...has(traits.activationKey === 'hidden_activation', 'GEGLU'),
    ...has(traits.scaledEmbeddings, 'embeddings times √D'),
    ...has(traits.multipliers, 'multipliers of embeddings, scores, residuals and logits'),
    ...has(traits.softCaps.length > 0, `caps on ${traits.softCaps.map(capText).join(' and ')}`),
    ...has(Object.hasOwn(fused, family), 'fused projections, a unit for each slice'),
  ];
}

function windowText({ slidingWindow }: FamilyTraits): string {
  return slidingWindow === 'every' ? 'a sliding window' : 'sliding windows by layer';
}

function capText(cap: FamilyTraits['softCaps'][number]): string {
  return cap === 'attention' ? 'scores' : 'logits';
}

/** The families of the engines native and wasm as rows of a Markdown table. */
export function familyTable(): string {
  const rows = (Object.keys(FAMILIES) as Family[]).map((family) => {
    const { models } = FAMILIES[family];
    return `| \`${family}\` | ${models} | ${features(family).join('; ') || '–'} |`;
  });
  return ['| `model_type` | models | beyond a plain decoder |', '|---|---|---|', ...rows].join('\n');
}
