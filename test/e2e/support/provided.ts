import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import * as v from 'valibot';
import { projectRoot } from '../../support/projectRoot';

const VSCode = v.object({
  node: v.string(),
  server: v.string(),
  codeServer: v.string(),
  chromium: v.string(),
});
/** Paths of what scripts/vscode.mjs provided. */
export type VSCode = v.InferOutput<typeof VSCode>;

const Provided = v.union([VSCode, v.object({ reason: v.string() })]);

let provided: v.InferOutput<typeof Provided> | undefined;

function provide(): v.InferOutput<typeof Provided> {
  const script = join(projectRoot, 'scripts/vscode.mjs');
  const { stdout, status } = spawnSync(process.execPath, [script], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) {
    throw new Error(`scripts/vscode.mjs ended with ${status ?? 'a signal'}.`);
  }
  return v.parse(Provided, JSON.parse(stdout));
}

/** Why no VS Code can be had here, as `skip` of a suite takes it; false where it can. */
export function unavailable(): string | false {
  provided ??= provide();
  return 'reason' in provided ? provided.reason : false;
}

/** @throws Error where there is none: guard the suite with `unavailable` */
export function vscode(): VSCode {
  provided ??= provide();
  if ('reason' in provided) {
    throw new Error(provided.reason);
  }
  return provided;
}
