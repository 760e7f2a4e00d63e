import type { FoundCluster } from '../../shared/cluster/foundCluster';
import { messageOf } from '../../shared/common/errors';
import { ClusterFile } from '../../shared/cluster/clusterFile';
import { parseWith } from '../../shared/common/parse';
import { readJson } from '../files/jsonFile';

/** Reads a description of GPUs and machines. @throws AdeptError (input) naming the file and the field */
export function readClusterFile(file: string): ClusterFile {
  return parseWith(ClusterFile, readJson(file), file);
}

/** The same for a page, which says what is wrong with it. */
export function findCluster(file: string): FoundCluster {
  try {
    return { found: true, cluster: readClusterFile(file) };
  } catch (error) {
    return { found: false, problem: messageOf(error) };
  }
}
