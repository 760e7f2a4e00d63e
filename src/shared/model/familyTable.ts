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

/** Families that the engine torch alone computes, as tests show; others may work. */
export const TORCH_FAMILIES = {
  qwen3_moe: { models: 'Qwen3 with experts', has: 'experts' },
  qwen3_next: { models: 'Qwen3-Next', has: 'layers of two kinds, experts in some' },
  glm4_moe: { models: 'GLM-4.5 and later', has: 'experts, a layer that guesses a second token' },
} as const;

/** The families as rows of a Markdown table, with the engines that compute them. */
export function familyTable(): string {
  const rows = (Object.keys(FAMILIES) as Family[]).map((family) => {
    const { models } = FAMILIES[family];
    return `| \`${family}\` | ${models} | ${features(family).join('; ') || '–'} | native, wasm, torch |`;
  });
  const others = Object.entries(TORCH_FAMILIES).map(
    ([family, { models, has }]) => `| \`${family}\` | ${models} | ${has} | torch |`,
  );
  const head = ['| `model_type` | models | beyond a plain decoder | engines |', '|---|---|---|---|'];
  return [...head, ...rows, ...others].join('\n');
}
