import * as vscode from 'vscode';

/** The person went back to the question before. */
class WentBack extends Error {}

/** A button beside the title that finds further answers, which are chosen at once. */
export interface FindMore<T extends vscode.QuickPickItem> {
  readonly button: vscode.QuickInputButton;
  find(): Promise<readonly T[]>;
}

export interface Question<T extends vscode.QuickPickItem> {
  readonly placeholder: string;
  /** A promise where they are still looked for: the question is seen at once, its answers when they are found. */
  readonly items: readonly T[] | Promise<readonly T[]>;
  /** What is chosen at first: the remembered answer. */
  readonly isChosen?: (item: T) => boolean;
  readonly many?: boolean;
  /** Whether choosing nothing is an answer too. */
  readonly optional?: boolean;
  /** Why an item cannot be chosen, in a sentence. */
  readonly refuse?: (item: T) => string | undefined;
  readonly more?: readonly FindMore<T>[];
}

/** Asks the questions of one step. */
export class StepInput {
  /** @param steps how many there are; a step of none says no number */
  constructor(
    private readonly title: string,
    private readonly step: number,
    private readonly steps: number | undefined,
  ) {}

  /**
   * @returns what was chosen, at least one item where the question is not optional
   * @throws vscode.CancellationError when the person left; an own error when they went back
   */
  async pick<T extends vscode.QuickPickItem>(question: Question<T>): Promise<readonly T[]> {
    const { steps } = this;
    const pick = vscode.window.createQuickPick<T>();
    pick.title = this.title;
    if (steps !== undefined) {
      pick.step = this.step + 1;
      pick.totalSteps = steps;
    }
    pick.placeholder = question.placeholder;
    pick.ignoreFocusOut = true;
    pick.matchOnDescription = true;
    pick.canSelectMany = question.many === true;
    pick.buttons = [
      ...(question.more ?? []).map(({ button }) => button),
      ...(this.step > 0 ? [vscode.QuickInputButtons.Back] : []),
    ];
    try {
      const picked = answer(pick, question);
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
  { optional = false, refuse, more = [] }: Question<T>,
): Promise<readonly T[]> {
  return new Promise((resolve, reject) => {
    /** Another dialog covers this one. */
    let isAway = false;
    pick.onDidAccept(() => {
      const problem = pick.selectedItems.map((item) => refuse?.(item)).find((text) => text !== undefined);
      if (problem !== undefined) {
        say(pick, problem);
      } else if (pick.selectedItems.length > 0 || (optional && !pick.busy)) {
        // Not before the answers are there: an early Enter would be the answer "none".
        resolve(pick.selectedItems);
      } else if (!pick.busy) {
        say(pick, vscode.l10n.t('Choose at least one with the space bar or a click, then press Enter.'));
      }
    });
    pick.onDidTriggerButton((button) => {
      const found = more.find((one) => one.button === button);
      if (found !== undefined) {
        isAway = true;
        add(pick, found).then(() => {
          isAway = false;
          pick.show();
        }, reject);
      } else if (button === vscode.QuickInputButtons.Back) {
        reject(new WentBack());
      }
    });
    pick.onDidHide(() => {
      if (!isAway) {
        reject(new vscode.CancellationError());
      }
    });
    pick.show();
  });
}

/** In place of what was typed, where it is read; an answer that does nothing would be a riddle. */
function say<T extends vscode.QuickPickItem>(pick: vscode.QuickPick<T>, text: string): void {
  pick.value = '';
  pick.placeholder = text;
}

/** What was found stands first, and is chosen. */
async function add<T extends vscode.QuickPickItem>(
  pick: vscode.QuickPick<T>,
  more: FindMore<T>,
): Promise<void> {
  const { selectedItems } = pick;
  const found = await more.find();
  const isKnown = (item: T): boolean => found.some(({ label }) => label === item.label);
  pick.items = [...found, ...pick.items.filter((item) => !isKnown(item))];
  pick.selectedItems = [...found, ...selectedItems.filter((item) => !isKnown(item))];
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

/** Asks one question. @throws vscode.CancellationError when the person left. */
export function askOne<T extends vscode.QuickPickItem>(
  title: string,
  question: Question<T>,
): Promise<readonly T[]> {
  return new StepInput(title, 0, undefined).pick(question);
}
