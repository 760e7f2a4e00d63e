import * as v from 'valibot';
import * as vscode from 'vscode';
import { FromAnyWebview } from '../../shared/webview/common';
import { reportError } from '../window/reportError';
import type { Services } from '../services/services';
import { webviewHtml } from './webviewHtml';

/** What one kind of webview is: its bundle, and what may be said in each direction. */
export interface WebviewKind<To extends v.GenericSchema, From extends v.GenericSchema> {
  /** The bundle of webview/NAME/main.ts. */
  readonly name: string;
  readonly to: To;
  readonly from: From;
}

/** What answers a webview. */
export interface WebviewContent<From> {
  /**
   * The page listens now and knows nothing yet: after the first load, and again whenever it was hidden, since a hidden
   * page is thrown away. Post a whole snapshot.
   */
  ready(): void | Promise<void>;
  /** A message that fits the schema. What this throws is shown to the person. */
  receive(message: From): void | Promise<void>;
  /** The webview is gone. */
  dispose(): void;
}

/** Where a kind's bundle lies; tests have theirs elsewhere. */
function webviewFolder(context: vscode.ExtensionContext): vscode.Uri {
  return vscode.Uri.joinPath(context.extensionUri, 'out', 'webview');
}

/**
 * The host's side of one webview: a page under a strict content security policy, and messages that are parsed in both
 * directions. What does not fit a schema is logged and goes no further.
 */
export class WebviewHost<To extends v.GenericSchema, From extends v.GenericSchema>
  implements vscode.Disposable
{
  private isListening = false;
  private content: WebviewContent<v.InferOutput<From>> | undefined;
  private readonly subscription: vscode.Disposable;

  /**
   * @param source what the page shows, as JSON; the browser keeps it, and a restored panel gets it back
   * @param folder of the bundles
   */
  constructor(
    private readonly webview: vscode.Webview,
    private readonly kind: WebviewKind<To, From>,
    private readonly services: Services,
    private readonly page: { readonly title: string; readonly source: unknown; readonly folder?: vscode.Uri },
  ) {
    this.subscription = webview.onDidReceiveMessage((message: unknown) => {
      void this.onMessage(message);
    });
  }

  /** Loads the page; `content` answers it from then on. */
  load(content: WebviewContent<v.InferOutput<From>>): void {
    const folder = this.page.folder ?? webviewFolder(this.services.context);
    this.content = content;
    this.webview.options = { enableScripts: true, localResourceRoots: [folder] };
    this.webview.html = webviewHtml(
      this.webview,
      { folder, name: this.kind.name },
      this.page.title,
      this.page.source,
    );
  }

  /** Whether the page can take messages. */
  get listening(): boolean {
    return this.isListening;
  }

  /** The page was hidden and with it thrown away; until it is `ready` again nothing is posted. */
  hidden(): void {
    this.isListening = false;
  }

  /**
   * Sends a message, unless nobody listens: the snapshot that follows `ready` holds what was missed.
   * @returns whether the page got it
   */
  async post(message: v.InferInput<To>): Promise<boolean> {
    const parsed = v.safeParse(this.kind.to, message);
    if (!parsed.success) {
      this.services.log.error(
        `A message to the ${this.kind.name} page is not usable: ${describe(parsed.issues)}`,
      );
      return false;
    }
    return this.isListening && (await this.webview.postMessage(parsed.output));
  }

  dispose(): void {
    this.isListening = false;
    this.subscription.dispose();
    this.content?.dispose();
    this.content = undefined;
  }

  private async onMessage(message: unknown): Promise<void> {
    try {
      const common = v.safeParse(FromAnyWebview, message);
      if (common.success) {
        await this.onCommon(common.output);
        return;
      }
      const parsed = v.safeParse(this.kind.from, message);
      if (parsed.success) {
        await this.content?.receive(parsed.output);
      } else {
        this.services.log.warn(
          `A message of the ${this.kind.name} page is not usable: ${describe(parsed.issues)}`,
        );
      }
    } catch (error) {
      await reportError(this.services.log, this.page.title, error);
    }
  }

  private async onCommon(message: FromAnyWebview): Promise<void> {
    switch (message.type) {
      case 'ready':
        this.isListening = true;
        await this.content?.ready();
        break;
      case 'problem':
        this.services.log.error(
          `The ${this.kind.name} page reported an error: ${message.stack ?? message.message}`,
        );
        break;
    }
  }
}

function describe(issues: readonly [v.BaseIssue<unknown>, ...v.BaseIssue<unknown>[]]): string {
  const [issue] = issues;
  const path = v.getDotPath(issue);
  return path === null ? issue.message : `"${path}": ${issue.message}`;
}
