import { workspaceFolders } from '../window/folders';
import type { SavedAnalysis } from '../models/savedAnalyses';
import type { Services } from '../services/services';
import { knownModel } from './known';

/**
 * The analyses of a model of this workspace that can be read, the latest first.
 * @param called its name or folder; the only one that was analyzed when left out
 * @throws AdeptError (input) saying which there are
 */
export async function analysesOf(
  { models }: Services,
  called: string | undefined,
): Promise<readonly [SavedAnalysis, ...SavedAnalysis[]]> {
  const model = knownModel(await models.foundNow(), called, folderPaths());
  const [latest, ...others] = model.analyses.filter(({ summary }) => summary !== undefined);
  if (latest === undefined) {
    throw new Error(`${model.path} was chosen for its analyses and has none.`);
  }
  return [latest, ...others];
}

/** The folders that a relative path can start from. */
export function folderPaths(): string[] {
  return workspaceFolders().map(({ uri }) => uri.fsPath);
}
