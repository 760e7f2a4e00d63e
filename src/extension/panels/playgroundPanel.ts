import { join } from 'node:path';
import * as vscode from 'vscode';
import { messageOf } from '../../shared/common/errors';
import { PlaygroundHistory } from '../../shared/playground/history';
import { originOf, type Sides } from '../../shared/playground/sides';
import {
  FromPlayground,
  PlaygroundSource,
  ToPlayground,
  type PlaygroundOrigin,
} from '../../shared/webview/playground';
import { engineOfRun, requireEngine } from '../engines/engineMissing';
import { AnswerProcess, type AnswerProcessHooks } from '../playground/answerProcess';
import { findOrigins, signatureOfOrigins, usualSides } from '../playground/origins';
import { Rounds } from '../playground/rounds';
import { sideName } from '../playground/sideName';
import type { Services } from '../services/services';
import { storageFolder } from '../window/folders';
import { PersistedValue } from '../window/persistedValue';
import { readSetting } from '../window/settings';
import { VIEW_TYPES } from '../window/viewTypes';
import type { WebviewContent, WebviewHost } from '../webviews/webviewHost';
import { openPanel, type PanelKind } from './panel';

/** A run that computes changes with every step, and what can be asked seldom. */
const SETTLE_MILLISECONDS = 300;

/** The panel of the playground: prompts, and what one or two models answer. */
class PlaygroundPanel implements WebviewContent<FromPlayground> {
  private static readonly open = new Set<PlaygroundPanel>();
  private readonly rounds: Rounds;
  private readonly subscriptions: vscode.Disposable[];
  private origins: PlaygroundOrigin[] | undefined;
  private signature = '';
  /** What a command named before the page listened. */
  private wanted: Sides | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly host: WebviewHost<typeof ToPlayground, typeof FromPlayground>,
    private readonly services: Services,
  ) {
    const { log, runs, models, context } = services;
    this.rounds = new Rounds({
      l10n: vscode.l10n,
      start: (hooks) => this.start(hooks),
      history: new PersistedValue(context.workspaceState, 'playground.history', PlaygroundHistory, []),
      onChange: (change) => {
        this.post({ type: 'update', ...change });
      },
      onSaid: (round, { side: column, from, text, cost }) => {
        this.post({ type: 'said', round, column, from, text, cost });
      },
      onProblem: (error) => {
        log.error(error instanceof Error ? error : String(error));
      },
    });
    const soon = (): void => {
      this.timer ??= setTimeout(() => {
        this.timer = undefined;
        this.lookAgain();
      }, SETTLE_MILLISECONDS);
    };
    this.subscriptions = [
      vscode.Disposable.from(runs.list.onDidChange.add(soon)),
      models.onDidChange(() => {
        this.signature = '';
        soon();
      }),
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration('adept.engine') || event.affectsConfiguration('adept.nodePath')) {
          this.rounds.renew();
        }
      }),
      vscode.workspace.onDidGrantWorkspaceTrust(() => {
        this.post({ type: 'update', trusted: true });
      }),
    ];
    PlaygroundPanel.open.add(this);
  }

  async ready(): Promise<void> {
    this.origins = this.found();
    const { origins, rounds } = this;
    const trusted = vscode.workspace.isTrusted;
    await this.host.post({ type: 'show', usual: usualSides(origins), trusted, origins, ...rounds.state });
    this.postWanted();
  }

  /** Has the playground that is open compare these. */
  static compare(sides: Sides): void {
    for (const panel of PlaygroundPanel.open) {
      panel.compare(sides);
    }
  }

  private compare(sides: Sides): void {
    this.wanted = sides;
    this.lookAgain();
    this.postWanted();
  }

  async receive(message: FromPlayground): Promise<void> {
    switch (message.type) {
      case 'ask': {
        const { prompt, sides, settings } = message;
        this.requireEngines(sides);
        const names = sides.map((side) => sideName(side, vscode.l10n));
        await this.rounds.ask({ prompt, sides, settings, names });
        break;
      }
      case 'stop':
        this.rounds.stop();
        break;
      case 'copy':
        await vscode.env.clipboard.writeText(message.text);
        break;
      case 'forget':
        await this.rounds.forget(message.id);
        break;
      case 'clearHistory':
        await this.clearHistory();
        break;
    }
  }

  dispose(): void {
    clearTimeout(this.timer);
    vscode.Disposable.from(...this.subscriptions).dispose();
    this.rounds.dispose();
    PlaygroundPanel.open.delete(this);
  }

  /** @throws EngineMissing where the sides are to be computed by an engine that this machine does not have */
  private requireEngines(sides: Sides): void {
    const run = sides.find((side) => side.kind !== 'model');
    if (requireEngine(readSetting('adept.engine', this.services.log)) === 'auto' && run !== undefined) {
      requireEngine(engineOfRun(originOf(run)));
    }
  }

  private async clearHistory(): Promise<void> {
    const { l10n } = vscode;
    const remove = l10n.t('Clear');
    const chosen = await vscode.window.showWarningMessage(
      l10n.t('Clear the history of the playground?'),
      { modal: true, detail: l10n.t('Prompts and answers cannot be brought back.') },
      remove,
    );
    if (chosen === remove) {
      await this.rounds.clearHistory();
    }
  }

  /** @throws AdeptError in Restricted Mode, or when no process can be started */
  private async start(hooks: Pick<AnswerProcessHooks, 'onMessage' | 'onEnd'>): Promise<AnswerProcess> {
    const { services } = this;
    const { context, log } = services;
    const engine = readSetting('adept.engine', log);
    const file = join(context.logUri.fsPath, 'playground.log');
    const process = await AnswerProcess.start(
      {
        runtime: services.children.runtime(vscode.l10n.t('Playground')),
        options: ['--engine', engine],
        cwd: storageFolder(context),
        log: file,
      },
      {
        ...hooks,
        onNote: (text) => {
          log.warn(text);
        },
      },
    );
    log.info(`Playground: process ${process.pid}, log ${file}`);
    return process;
  }

  private found(): PlaygroundOrigin[] {
    this.signature = signatureOfOrigins(this.services);
    return findOrigins(this.services);
  }

  private lookAgain(): void {
    if (this.host.listening && signatureOfOrigins(this.services) !== this.signature) {
      this.origins = this.found();
      this.post({ type: 'update', origins: this.origins, usual: usualSides(this.origins) });
    }
  }

  private postWanted(): void {
    if (this.wanted !== undefined && this.host.listening) {
      this.post({ type: 'compare', sides: this.wanted });
      this.wanted = undefined;
    }
  }

  private post(message: ToPlayground): void {
    this.host.post(message).then(undefined, (error: unknown) => {
      this.services.log.error(messageOf(error));
    });
  }
}

export const PLAYGROUND_PANEL: PanelKind<
  typeof ToPlayground,
  typeof FromPlayground,
  typeof PlaygroundSource
> = {
  name: 'playground',
  viewType: VIEW_TYPES.playground,
  to: ToPlayground,
  from: FromPlayground,
  source: PlaygroundSource,
  title: () => vscode.l10n.t('Playground'),
  connect: (host, _, services) => new PlaygroundPanel(host, services),
};

/** Shows the playground. @param sides what to compare; what was compared last when left out */
export function openPlayground(services: Services, sides?: Sides): void {
  openPanel(PLAYGROUND_PANEL, {}, services);
  if (sides !== undefined) {
    PlaygroundPanel.compare(sides);
  }
}
