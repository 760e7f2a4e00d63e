import * as vscode from 'vscode';
import { readRate } from '../../shared/settings/rateBounds';
import { askText } from '../window/questions';

const RATE_DIGITS = 9;

/**
 * Asks for a base learning rate.
 * @param current the one in force, which the box begins with
 * @returns undefined when the person left
 */
export async function askLearningRate(current: number): Promise<number | undefined> {
  // A product such as 0.05 · 0.1 is 0.005 to whoever reads it.
  const value = String(Number(current.toPrecision(RATE_DIGITS)));
  const text = await askText({
    title: vscode.l10n.t('Change Learning Rate'),
    prompt: vscode.l10n.t(
      'The base learning rate from the next step on, {0} now. Each unit gets its share of it.',
      value,
    ),
    value,
    validateInput: (input) => {
      const read = readRate(input, vscode.l10n);
      return 'problem' in read ? read.problem : undefined;
    },
  });
  const read = text === undefined ? undefined : readRate(text, vscode.l10n);
  return read !== undefined && 'rate' in read ? read.rate : undefined;
}
