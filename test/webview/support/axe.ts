import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { AxeResults, RunOptions } from 'axe-core';
import type { Frame, Page } from 'playwright-core';
import { projectRoot } from '../../support/projectRoot';

declare global {
  interface Window {
    axe?: { run(options: RunOptions): Promise<AxeResults> };
  }
}

/** What a change of theme can break: all other rules read the document, which stays as it is. */
const COLOUR_RULES = ['color-contrast', 'link-in-text-block'];

/**
 * axe-core's findings of level serious or critical in a document, one line each.
 * @param rules `colour` where the same document was looked at in another theme already
 */
export async function axeFindings(
  document: Page | Frame,
  rules: 'all' | 'colour' = 'all',
): Promise<string[]> {
  if (!(await document.evaluate(() => window.axe !== undefined))) {
    const require = createRequire(join(projectRoot, 'package.json'));
    // Evaluated through the debugging protocol, which the page's content security policy does not bind.
    await document.evaluate(readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8'));
  }
  const options: RunOptions = {
    resultTypes: ['violations'],
    selectors: false,
    ...(rules === 'all' ? {} : { runOnly: { type: 'rule', values: COLOUR_RULES } }),
  };
  const violations = await document.evaluate(async (wanted) => {
    if (window.axe === undefined) {
      throw new Error('axe-core was not loaded');
    }
    return (await window.axe.run(wanted)).violations;
  }, options);
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, help, nodes }) => nodes.map(({ html }) => `${id}: ${help}: ${html.slice(0, 200)}`));
}
