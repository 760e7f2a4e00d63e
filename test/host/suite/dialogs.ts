import * as vscode from 'vscode';

type Message = 'showErrorMessage' | 'showWarningMessage' | 'showInformationMessage';

/** A message that was shown: its text and the buttons it offered. */
export interface ShownMessage {
  readonly kind: Message;
  readonly text: string;
  /** What a modal message says below its text. */
  readonly detail: string;
  readonly offers: readonly string[];
  /** Whether nothing else can be done before it is answered. */
  readonly isModal: boolean;
}

/** Stands in for the person: notes what is shown, and answers. */
export class Dialogs {
  readonly shown: ShownMessage[] = [];
  /** The button that is pressed on a message that offers it. */
  press: string | undefined;
  private readonly restore: (() => void)[] = [];

  constructor() {
    for (const kind of ['showErrorMessage', 'showWarningMessage', 'showInformationMessage'] as const) {
      this.replace(kind, (text: string, ...rest: unknown[]) => {
        const offers = rest.filter((item) => typeof item === 'string');
        const isModal = rest.some((item) => isRecord(item) && item.modal === true);
        this.shown.push({ kind, text, detail: detailOf(rest), offers, isModal });
        const pressed = offers.find((offer) => offer === this.press);
        return Promise.resolve(pressed);
      });
    }
  }

  /** The texts of the errors that were shown. */
  get errors(): string[] {
    return this.shown.filter(({ kind }) => kind === 'showErrorMessage').map(({ text }) => text);
  }

  /** Runs what has a progress with a token that the test cancels. Notes titles, messages, and by how much the bar grew. */
  cancelProgress(): {
    cancel(): void;
    readonly titles: string[];
    readonly messages: string[];
    readonly increments: number[];
  } {
    const source = new vscode.CancellationTokenSource();
    const titles: string[] = [];
    const messages: string[] = [];
    const increments: number[] = [];
    this.replace(
      'withProgress',
      (options: vscode.ProgressOptions, task: (progress: unknown, token: unknown) => unknown) => {
        titles.push(options.title ?? '');
        return task(
          {
            report: ({ message, increment }: { message?: string; increment?: number }) => {
              messages.push(message ?? '');
              increments.push(increment ?? 0);
            },
          },
          source.token,
        );
      },
    );
    return {
      cancel: () => {
        source.cancel();
      },
      titles,
      messages,
      increments,
    };
  }

  /** Notes what the item of the status bar says that is made next. */
  noteStatusBar(): { readonly texts: string[] } {
    const texts: string[] = [];
    this.replace('createStatusBarItem', (): Partial<vscode.StatusBarItem> => ({
      set text(text: string) {
        texts.push(text);
      },
      show: () => undefined,
      hide: () => undefined,
      dispose: () => undefined,
    }));
    return { texts };
  }

  /**
   * Answers every input box with this text; undefined is Escape. Notes what it began with, and what it says of the answer.
   * @param browse the folder that is chosen by the box's button first; its answer is then taken as it is
   */
  answerInput(
    answer: string | undefined,
    browse?: string,
  ): {
    readonly problems: (string | undefined)[];
    readonly values: (string | undefined)[];
  } {
    const problems: (string | undefined)[] = [];
    const values: (string | undefined)[] = [];
    this.replace('showInputBox', (options: vscode.InputBoxOptions) => {
      values.push(options.value);
      const problem = options.validateInput?.(answer ?? '');
      problems.push(typeof problem === 'string' ? problem : undefined);
      return Promise.resolve(answer);
    });
    this.replace('createInputBox', () => fakeInputBox(answer, browse, { problems, values }));
    if (browse !== undefined) {
      this.replace('showOpenDialog', () => Promise.resolve([vscode.Uri.file(browse)]));
    }
    return { problems, values };
  }

  /** Chooses in one quick pick after the other the row with this label, and notes what was offered. */
  choose(...labels: readonly string[]): {
    readonly offered: string[][];
    readonly items: (readonly vscode.QuickPickItem[])[];
  } {
    const offered: string[][] = [];
    const seen: (readonly vscode.QuickPickItem[])[] = [];
    const wanted = [...labels];
    this.replace('showQuickPick', async (given: Thenable<readonly vscode.QuickPickItem[]>) => {
      const items = await given;
      seen.push(items);
      offered.push(items.map(({ label }) => label));
      const label = wanted.shift();
      return items.find((item) => item.label === label);
    });
    return { offered, items: seen };
  }

  /** Answers the question where a file goes; undefined is Escape. @returns what was proposed */
  saveTo(file: string | undefined): { readonly proposed: string[] } {
    const proposed: string[] = [];
    this.replace('showSaveDialog', ({ defaultUri }: vscode.SaveDialogOptions) => {
      proposed.push(defaultUri?.fsPath ?? '');
      return Promise.resolve(file === undefined ? undefined : vscode.Uri.file(file));
    });
    return { proposed };
  }

  dispose(): void {
    for (const restore of this.restore.splice(0).reverse()) {
      restore();
    }
  }

  private replace(name: keyof typeof vscode.window, instead: unknown): void {
    // The extension under test has the same object.
    const window = vscode.window as unknown as Record<string, unknown>;
    const before = window[name];
    window[name] = instead;
    this.restore.push(() => {
      window[name] = before;
    });
  }
}

/** A box that is answered as soon as it is shown, or first by its button. */
function fakeInputBox(
  answer: string | undefined,
  browse: string | undefined,
  notes: { readonly problems: (string | undefined)[]; readonly values: (string | undefined)[] },
): Partial<vscode.InputBox> {
  const [changed, accepted, hidden, triggered] = [
    new vscode.EventEmitter<string>(),
    new vscode.EventEmitter<void>(),
    new vscode.EventEmitter<void>(),
    new vscode.EventEmitter<vscode.QuickInputButton>(),
  ];
  let isBrowsed = browse === undefined;
  const box: Partial<vscode.InputBox> = {
    value: '',
    onDidChangeValue: changed.event,
    onDidAccept: accepted.event,
    onDidHide: hidden.event,
    onDidTriggerButton: triggered.event,
    dispose: () => undefined,
    show: () => {
      notes.values.push(box.value);
      const [button] = box.buttons ?? [];
      if (!isBrowsed && button !== undefined) {
        isBrowsed = true;
        triggered.fire(button);
        // Behind the dialog.
        hidden.fire();
        return;
      }
      if (answer === undefined && browse === undefined) {
        hidden.fire();
        return;
      }
      if (answer !== undefined) {
        box.value = answer;
        changed.fire(answer);
      }
      const { validationMessage } = box;
      notes.problems.push(typeof validationMessage === 'string' ? validationMessage : undefined);
      accepted.fire();
    },
  };
  return box;
}

/** The detail among the options of a message. */
function detailOf(rest: readonly unknown[]): string {
  return rest
    .flatMap((item) => (isRecord(item) && typeof item.detail === 'string' ? [item.detail] : []))
    .join();
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
