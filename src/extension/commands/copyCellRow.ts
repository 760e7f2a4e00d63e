import type { Services } from '../services/services';
import { copyCell } from './copyCell';

/** Copies the row that a menu was opened on. */
export async function run(_services: Services, argument?: unknown): Promise<void> {
  await copyCell(argument, 'row');
}
