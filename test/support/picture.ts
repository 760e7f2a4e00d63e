import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { projectRoot } from './projectRoot';

const FOLDER = join(projectRoot, 'out/test/pictures');
/** On a build machine nobody looks at them. */
export const PICTURES_WANTED = process.env.ADEPT_TEST_PICTURES === '1';

/** Where a picture, or what a page offers as one, is put for people to look at. */
export function picturePath(name: string): string {
  mkdirSync(FOLDER, { recursive: true });
  return join(FOLDER, name);
}

/** Takes a picture for people to look at, where ADEPT_TEST_PICTURES=1 asks for pictures; of a page, all of it. */
export async function takePicture(of: Page | Locator, name: string): Promise<void> {
  if (PICTURES_WANTED) {
    const whole = 'goto' in of ? { fullPage: true } : {};
    await of.screenshot({ path: picturePath(`${name}.png`), ...whole });
  }
}
