import assert from 'node:assert/strict';
import { join } from 'node:path';
import { presentOutcome } from '../../../src/extension/notices/jobOutcomes';
import { Dialogs } from './dialogs';
import { services } from './life';
import { eventually, workspaceFolder } from './support';

const losses = (domainLoss: number): object => ({ domainLoss, generalLoss: 1 });

describe('an export that was rounded', () => {
  const run = join(workspaceFolder(), 'no-such-run');

  /** The warnings about an export whose files have this domain loss; the gain was from 2 to 1. */
  async function warned(dialogs: Dialogs, after: number): Promise<string> {
    const value = {
      ...{ run, step: 6, alpha: 1, dropped: [], dtype: 'bfloat16' },
      ...{ before: losses(2), tuned: losses(1), after: losses(after) },
    };
    const purpose = { kind: 'export', path: join(workspaceFolder(), 'exported') };
    await presentOutcome(await services(), { title: '', purpose, value }, false);
    return dialogs.shown
      .filter(({ kind }) => kind === 'showWarningMessage')
      .map(({ text }) => text)
      .join();
  }

  it('is warned of where much of the gain is lost, and offered in float32', async () => {
    const dialogs = new Dialogs();
    try {
      assert.equal(await warned(dialogs, 1.01), '');
      dialogs.press = 'Export in float32…';
      assert.match(
        await warned(dialogs, 1.5),
        /Rounding to bfloat16 takes 50% of the gain: .* 2\.00000 before and 1\.00000 as trained, and is 1\.50000/,
      );
      // The command is given this run, and says that there is none.
      await eventually('the command', () => dialogs.errors.find((text) => text.includes('no-such-run')));
    } finally {
      dialogs.dispose();
    }
  });
});
