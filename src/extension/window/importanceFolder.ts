import { join } from 'node:path';

/** Where a workspace folder keeps its analyses. */
export function importanceFolder(workspaceFolder: string): string {
  return join(workspaceFolder, '.adept', 'importance');
}
