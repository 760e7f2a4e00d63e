import outputs from '../../../python/adept_torch/outputs.json';

/** Norms after a sublayer's output, which undo any scale of what comes before them: what a layer adds, they write. */
interface PostNorms {
  readonly units: readonly string[];
  /** The norm multiplies by `offset` + weight. */
  readonly offset: number;
}

const POST_NORMS = new Map<string, PostNorms>(Object.entries(outputs.postNorms));

/** Whether a unit writes into the residual stream: zero it, and its layer computes the identity. */
export function writesOutput(family: string, unit: string): boolean {
  return (POST_NORMS.get(family)?.units ?? outputs.projections).includes(unit);
}

/** The weight at which an output unit writes nothing: −1 of a norm that multiplies by 1 + weight, otherwise 0. */
export function zeroOf(family: string, unit: string): number {
  const offset = POST_NORMS.get(family)?.offset ?? 0;
  return writesOutput(family, unit) && offset !== 0 ? -offset : 0;
}

/** Whether a tensor is a router's bias that balances its experts, which no optimizer trains. */
export function isBalancing(tensor: string): boolean {
  return outputs.balancing.some((own) => tensor.endsWith(`.${own}`));
}
