import { isDerivedBuffer, parseLayerTensorName } from './architecture';
import { isBeyondLayers, type ModelOutline } from './outline';

/** Scales of a quantised KV cache, which a server reads, and heads of other tasks than the next token. */
const READ_ELSEWHERE = /\.[qkv]_scale$|(^|\.)(score|classifier|v_head|value_head)\.(\w+\.)*(weight|bias)$/;

/** Whether a tensor is one that no causal language model of transformers reads, of whatever family. */
export function isReadElsewhere(name: string): boolean {
  return READ_ELSEWHERE.test(name);
}

/**
 * Whether transformers leaves a stored tensor out, of a family that the architecture table does not have: a buffer that is
 * computed anew, what other programs read, or a layer above the decoder's, which guesses several tokens ahead.
 */
export function isUnread(name: string, outline: Pick<ModelOutline, 'numHiddenLayers'>): boolean {
  const layer = parseLayerTensorName(name)?.layer ?? -1;
  return (
    isDerivedBuffer(name) ||
    isReadElsewhere(name) ||
    isBeyondLayers(outline, layer) ||
    /(^|\.)mtp[._]/.test(name)
  );
}
