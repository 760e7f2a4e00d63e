import * as vscode from 'vscode';

type Message = 'showErrorMessage' | 'showWarningMessage' | 'showInformationMessage';

/** A message that was shown: its text and the buttons it offered. */
export interface ShownMessage {
  readonly kind: Message;
  readonly text: string;
  readonly offers: readonly string[];
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
        this.shown.push({ kind, text, offers });
        const pressed = offers.find((offer) => offer === this.press);
        return Promise.resolve(pressed);
      });
    }
  }

  /** The texts of the errors that were shown. */
  get errors(): string[] {
    return this.shown.filter(({ kind }) => kind === 'showErrorMessage').map(({ text }) => text);
  }

  /** Runs what has a progress with a token that the test cancels. */
  cancelProgress(): { cancel(): void; readonly messages: string[] } {
    const source = new vscode.CancellationTokenSource();
    const messages: string[] = [];
    this.replace('withProgress', (_options: unknown, task: (progress: unknown, token: unknown) => unknown) =>
      task(
        {
          report: ({ message }: { message?: string }) => {
            messages.push(message ?? '');
          },
        },
        source.token,
      ),
    );
    return {
      cancel: () => {
        source.cancel();
      },
      messages,
    };
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
