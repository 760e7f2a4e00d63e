import * as vscode from 'vscode';
import { ConfigDiagnostics } from './configs/configDiagnostics';
import { CONFIG_SELECTOR } from './configs/configDocument';
import { PathCompletion } from './configs/pathCompletion';
import { ComparisonDocuments } from './comparison/comparisonDocument';
import { InlineLogs } from './inlineLog/inlineLogs';
import { StudyLenses } from './studies/studyLenses';
import { presentOutcome } from './notices/jobOutcomes';
import { adoptEarlier } from './engines/adoptEarlier';
import { reportError } from './window/reportError';
import { presentEnding } from './notices/runNotices';
import { messageOf } from '../shared/common/errors';
import { isActive } from '../shared/runs/runQueue';
import { removeDeletedRuns } from '../node/run/deletedRuns';
import { nameOf, type RunEntry } from './runs/runEntry';
import { runEventLine } from './runs/runEventLine';
import type { Services } from './services/services';
import { runParents } from './window/folders';

/** Takes up what an earlier window left: finds models and runs, re-attaches to what is alive, reports what ended. */
export function startLife(services: Services): vscode.Disposable {
  const { context, runs, models, log } = services;
  adoptEarlier(context, log);
  const disposables: { dispose(): void }[] = [
    new InlineLogs(services),
    new StudyLenses(services),
    new ConfigDiagnostics(),
    vscode.languages.registerCompletionItemProvider(CONFIG_SELECTOR, new PathCompletion(), '/', '"'),
    new ComparisonDocuments(runs.list),
    runs.onDidEnd((ending) => {
      // The queue says at its end what became of all its runs; what went wrong is said at once as well.
      const isQueued = services.queue.runner.queue.items.some(
        (item) => item.run === ending.run.path && isActive(item),
      );
      const isTold = isQueued && ending.severity === 'information';
      void presentEnding(services, isTold ? { ...ending, severity: 'quiet' } : ending);
    }),
    runs.list.onDidChange.add((entries) => {
      setRunKeys(services, entries);
    }),
    runs.list.onDidRemove.add(() => {
      // A folder that is deleted as a whole is one change: nothing says that the model in it is gone.
      models.refresh().catch((error: unknown) => reportError(log, vscode.l10n.t('Models'), error));
    }),
    runs.list.onNewEvents.add(({ run, events }) => {
      for (const event of events) {
        runEventLine(event, nameOf(run), log);
      }
    }),
    models.onDidChange(() => {
      services.contextKeys.set(
        'adept.modelFolderPaths',
        models.all.map(({ path }) => path),
      );
    }),
    vscode.workspace.onDidChangeWorkspaceFolders(() => {
      runs.list.scan();
    }),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration('adept.runsFolder')) {
        runs.list.scan();
      }
    }),
    vscode.workspace.onDidGrantWorkspaceTrust(() => {
      attachJobs(services);
    }),
  ];
  runs.start();
  setRunKeys(services, runs.list.entries);
  services.queue.start();
  removeLeftovers(services);
  models.start().catch((error: unknown) => reportError(log, vscode.l10n.t('Models'), error));
  if (vscode.workspace.isTrusted) {
    attachJobs(services);
  }
  return vscode.Disposable.from(...disposables);
}

/** What a deletion left that was interrupted. */
function removeLeftovers({ log }: Services): void {
  for (const parent of runParents(log)) {
    removeDeletedRuns(parent).then(
      (folders) => {
        for (const folder of folders) {
          log.info(`${folder}: removed, the rest of a run that was deleted.`);
        }
      },
      (error: unknown) => {
        log.warn(messageOf(error));
      },
    );
  }
}

function attachJobs(services: Services): void {
  services.jobs.attachAll(
    ({ title, purpose }, value) => {
      void presentOutcome(services, { title, purpose, value }, false);
    },
    (record, error) => {
      void reportError(services.log, record.title, error);
    },
  );
}

function setRunKeys({ contextKeys, runs }: Services, entries: readonly RunEntry[]): void {
  const { live } = runs.list;
  contextKeys.set('adept.hasRun', entries.length > 0);
  contextKeys.set(
    'adept.hasCheckpoint',
    entries.some(({ status }) => (status?.checkpoints.length ?? 0) > 0),
  );
  contextKeys.set('adept.training', live.length > 0);
  contextKeys.set('adept.paused', live[0]?.state === 'paused');
}
