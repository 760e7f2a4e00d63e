import { ClusterFile } from '../../shared/cluster/clusterFile';
import { parseWith } from '../../shared/common/parse';
import { readJson } from '../files/jsonFile';

/** Reads a description of GPUs and machines. @throws AdeptError (input) naming the file and the field */
export function readClusterFile(file: string): ClusterFile {
  return parseWith(ClusterFile, readJson(file), file);
}
