import * as v from 'valibot';
import { ClusterFile } from './clusterFile';

/** A file that describes GPUs, as it was found. */
export const FoundCluster = v.union([
  v.object({ found: v.literal(true), cluster: ClusterFile }),
  v.object({ found: v.literal(false), problem: v.string() }),
]);
export type FoundCluster = v.InferOutput<typeof FoundCluster>;
