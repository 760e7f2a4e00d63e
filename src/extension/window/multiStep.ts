import * as vscode from 'vscode';

/** The person went back to the question before. */
class WentBack extends Error {}

export interface Question<T extends vscode.QuickPickItem> {
  readonly placeholder: string;
  /** A promise where they are still looked for: the question is seen at once, its answers when they are found. */
  readonly items: readonly T[] | Promise<readonly T[]>;
  /** What is chosen at first: the remembered answer. */
  readonly isChosen?: (item: T) => boolean;
  readonly many?: boolean;
  /** Whether choosing nothing is an answer too. */
  readonly optional?: boolean;
}

/** Asks the questions of one step. */
export class StepInput {
  constructor(
    private readonly title: string,
    private readonly step: number,
    private readonly steps: number,
  ) {}

  /**
   * @returns what was chosen, at least one item where the question is not optional
   * @throws vscode.CancellationError when the person left; an own error when they went back
   */
  async pick<T extends vscode.QuickPickItem>(question: Question<T>): Promise<readonly T[]> {
    const pick = vscode.window.createQuickPick<T>();
    pick.title = this.title;
    pick.step = this.step + 1;
    pick.totalSteps = this.steps;
    pick.placeholder = question.placeholder;
    pick.ignoreFocusOut = true;
    pick.matchOnDescription = true;
    pick.canSelectMany = question.many === true;
    pick.buttons = this.step > 0 ? [vscode.QuickInputButtons.Back] : [];
    try {
      const picked = answer(pick, question.optional === true);
      // Whoever leaves while the items are looked for waits for them no longer.
      await Promise.race([fill(pick, question), picked]);
      return await picked;
    } finally {
      pick.dispose();
    }
  }
}

async function fill<T extends vscode.QuickPickItem>(
  pick: vscode.QuickPick<T>,
  { items, isChosen, many }: Question<T>,
): Promise<void> {
  pick.busy = true;
  const found = await items;
  pick.items = found;
  pick.busy = false;
  const chosen = found.filter((item) => isChosen?.(item) === true);
  if (many === true) {
    pick.selectedItems = chosen;
  } else if (chosen.length > 0) {
    pick.activeItems = chosen;
  }
}

function answer<T extends vscode.QuickPickItem>(
  pick: vscode.QuickPick<T>,
  optional: boolean,
): Promise<readonly T[]> {
  return new Promise((resolve, reject) => {
    pick.onDidAccept(() => {
      // Not before the answers are there: an early Enter would be the answer "none".
      if (pick.selectedItems.length > 0 || (optional && !pick.busy)) {
        resolve(pick.selectedItems);
      }
    });
    pick.onDidTriggerButton((button) => {
      if (button === vscode.QuickInputButtons.Back) {
        reject(new WentBack());
      }
    });
    pick.onDidHide(() => {
      reject(new vscode.CancellationError());
    });
    pick.show();
  });
}

/** Asks step by step; going back asks the step before again. @throws vscode.CancellationError when the person left. */
export async function multiStep(
  title: string,
  steps: readonly ((input: StepInput) => Promise<void>)[],
): Promise<void> {
  let at = 0;
  for (let ask = steps[at]; ask !== undefined; ask = steps[at]) {
    try {
      await ask(new StepInput(title, at, steps.length));
      at += 1;
    } catch (error) {
      if (!(error instanceof WentBack)) {
        throw error;
      }
      at -= 1;
    }
  }
}
