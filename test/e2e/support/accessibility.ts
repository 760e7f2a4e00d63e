import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { AxeResults } from 'axe-core';
import type { Frame } from 'playwright-core';
import { projectRoot } from '../../support/projectRoot';

declare global {
  interface Window {
    axe?: { run(): Promise<AxeResults> };
  }
}

/** axe-core's findings of level serious or critical in a document, one line each. */
export async function seriousViolations(frame: Frame): Promise<string[]> {
  const require = createRequire(join(projectRoot, 'package.json'));
  // Evaluated through the debugging protocol, which the page's content security policy does not bind.
  await frame.evaluate(readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8'));
  const violations = await frame.evaluate(async () => {
    if (window.axe === undefined) {
      throw new Error('axe-core was not loaded');
    }
    return (await window.axe.run()).violations;
  });
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, help, nodes }) => nodes.map((node) => `${id}: ${help}: ${node.html}`));
}
