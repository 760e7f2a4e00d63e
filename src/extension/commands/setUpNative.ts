import * as v from 'valibot';
import * as vscode from 'vscode';
import { nativeHome } from '../../node/engines/nativeHome';
import { presentOutcome } from '../notices/jobOutcomes';
import { storageFolder } from '../window/folders';
import type { Services } from '../services/services';

const Request = v.object({ variant: v.optional(v.picklist(['cpu', 'gpu'])) });

/** Installs the native engine where the extension and the command find it. The argument may say for which device. */
export async function run(services: Services, argument?: unknown): Promise<void> {
  const { variant } = v.is(Request, argument) ? argument : {};
  const title = vscode.l10n.t('Setting up the native engine');
  const purpose = { kind: 'setup', path: nativeHome() };
  const value = await services.jobs.run({
    title,
    args: ['setup', ...(variant === undefined ? [] : [`--${variant}`])],
    cwd: storageFolder(services.context),
    purpose,
  });
  await presentOutcome(services, { title, purpose, value }, true);
}
