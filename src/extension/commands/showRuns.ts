import type { Services } from '../services/services';
import { openRuns } from '../panels/open';
import { pathsOf } from '../control/arguments';

/** Shows the table of all runs. The arguments are those of a view's selection, which is ticked. */
export async function run(services: Services, ...args: readonly unknown[]): Promise<void> {
  const paths = pathsOf(args);
  await openRuns(services, paths.length === 0 ? undefined : paths);
}
