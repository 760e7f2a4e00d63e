import { basename, dirname, join } from 'node:path';
import * as vscode from 'vscode';
import { labelOf } from '../../node/run/checkpointList';
import { checkpointFolder, hasCheckpoint } from '../../node/run/checkpointState';
import { RunFolder } from '../../node/run/runFolder';
import { Comparison } from '../../shared/run/comparison';
import { messageOf } from '../../shared/common/errors';
import { parseWith } from '../../shared/common/parse';
import { CHECKPOINT_FILES, RUN_FILES } from '../../shared/run/runFolder';
import {
  ComparisonSource,
  FromComparison,
  type PointSource,
  ToComparison,
} from '../../shared/webview/comparison';
import { openTensors } from '../editors/safetensorsEditor';
import { FolderWatches } from '../../node/files/folderWatches';
import { saveAs } from '../window/saveAs';
import type { CommandRequest } from '../process/commandJob';
import type { Services } from '../services/services';
import { VIEW_TYPES } from '../window/viewTypes';
import type { WebviewContent, WebviewHost } from '../webviews/webviewHost';
import { openPanel, type PanelKind } from './panel';

type Host = WebviewHost<typeof ToComparison, typeof FromComparison>;

/** The comparison panel: has `adept compare` do the work, and says when what is shown was deleted meanwhile. */
class ComparisonPanel implements WebviewContent<FromComparison> {
  private comparison: Comparison | undefined;
  private failure: string | undefined;
  private isComparing = false;
  private readonly watches = new FolderWatches(() => void this.postGone());
  private readonly subscriptions: vscode.Disposable[] = [];

  constructor(
    private readonly host: Host,
    private readonly source: ComparisonSource,
    private readonly services: Services,
  ) {
    this.watches.set(this.points.map(({ run }) => join(run, RUN_FILES.checkpoints)));
    this.subscriptions.push(
      vscode.workspace.onDidGrantWorkspaceTrust(() => {
        if (this.failure !== undefined) {
          void this.compare();
        }
      }),
    );
  }

  private get points(): readonly [PointSource, PointSource] {
    return [this.source.a, this.source.b];
  }

  async ready(): Promise<void> {
    if (this.comparison !== undefined) {
      await this.postComparison(this.comparison);
    } else if (this.failure !== undefined) {
      await this.host.post({ type: 'failed', message: this.failure });
    } else {
      await this.host.post({ type: 'working' });
      await this.compare();
    }
  }

  async receive(message: FromComparison): Promise<void> {
    const { a, b } = this.source;
    switch (message.type) {
      case 'saveCsv': {
        const name = `${basename(a.run)}-${a.step}-${basename(b.run)}-${b.step}.csv`;
        const file = await saveAs(dirname(a.run), name, message.text);
        if (file !== undefined) {
          await this.host.post({ type: 'saved', file });
        }
        break;
      }
      case 'again':
        await this.compare();
        break;
      case 'swap':
        openComparison(this.services, { a: b, b: a });
        break;
      case 'openTensors': {
        const { run, step } = this.source[message.side];
        if (step !== 'base') {
          await openTensors(join(checkpointFolder(RunFolder.at(run), step), CHECKPOINT_FILES.delta));
        }
        break;
      }
    }
  }

  dispose(): void {
    this.watches.dispose();
    vscode.Disposable.from(...this.subscriptions).dispose();
  }

  private async compare(): Promise<void> {
    if (this.isComparing) {
      return;
    }
    this.isComparing = true;
    this.failure = undefined;
    await this.host.post({ type: 'working' });
    try {
      this.comparison = await this.result();
      await this.postComparison(this.comparison);
    } catch (error) {
      this.failure =
        error instanceof vscode.CancellationError
          ? vscode.l10n.t('The comparison was cancelled.')
          : messageOf(error);
      this.services.log.warn(this.failure);
      await this.host.post({ type: 'failed', message: this.failure });
    } finally {
      this.isComparing = false;
    }
  }

  private async result(): Promise<Comparison> {
    const command = comparisonCommand(this.source);
    return parseWith(Comparison, await this.services.jobs.run(command), command.title);
  }

  private async postComparison(comparison: Comparison): Promise<void> {
    const label = ({ run, step }: PointSource): string | null =>
      step === 'base' ? null : labelOf(RunFolder.at(run), step);
    const { a, b } = this.source;
    await this.host.post({ type: 'show', comparison, labels: { a: label(a), b: label(b) } });
    await this.postGone();
  }

  private async postGone(): Promise<void> {
    const gone = this.points.flatMap(({ run, step }) =>
      step === 'base' || hasCheckpoint(RunFolder.at(run), step)
        ? []
        : [checkpointFolder(RunFolder.at(run), step)],
    );
    const messages = [...new Set(gone)].map((folder) =>
      vscode.l10n.t('{0} was deleted after this comparison was computed.', folder),
    );
    await this.host.post({ type: 'gone', messages: this.comparison === undefined ? [] : messages });
  }
}

/** The command that compares two points of runs; it prints a {@link Comparison}. */
export function comparisonCommand(source: ComparisonSource): CommandRequest {
  const { a, b } = source;
  return {
    title: titleOf(source),
    args: [
      'compare',
      ...['--run', a.run, '--checkpoint', String(a.step)],
      ...['--with-run', b.run, '--with-checkpoint', String(b.step)],
    ],
    cwd: dirname(a.run),
    purpose: { kind: 'compare', path: a.run },
  };
}

function titleOf({ a, b }: ComparisonSource): string {
  const name = ({ run, step }: PointSource): string => {
    const at = step === 'base' ? vscode.l10n.t('base') : vscode.l10n.t('step {0}', step);
    return a.run === b.run ? at : `${basename(run)} ${at}`;
  };
  return vscode.l10n.t('Compare {0} and {1}', name(a), name(b));
}

export const COMPARISON_PANEL: PanelKind<
  typeof ToComparison,
  typeof FromComparison,
  typeof ComparisonSource
> = {
  name: 'comparison',
  viewType: VIEW_TYPES.comparison,
  to: ToComparison,
  from: FromComparison,
  source: ComparisonSource,
  title: titleOf,
  connect: (host, source, services) => new ComparisonPanel(host, source, services),
};

/** Compares two points of runs in a panel. */
export function openComparison(services: Services, source: ComparisonSource): void {
  openPanel(COMPARISON_PANEL, source, services);
}
