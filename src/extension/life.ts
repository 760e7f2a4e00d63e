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
import type { RunEnding } from './runs/runs';
import { runEventLine } from './runs/runEventLine';
import type { Services } from './services/services';
import { runParents } from './window/folders';

/** Takes up what an earlier window left: finds models and runs, re-attaches to what is alive, reports what ended. */
export function startLife(services: Services): vscode.Disposable {
  const { context, runs, models, log } = services;
  adoptEarlier(context, log);
  services.contextKeys.set('adept.activated', true);
  const disposables: { dispose(): void }[] = [
    new InlineLogs(services),
    new StudyLenses(services),
    new ConfigDiagnostics(),
    vscode.languages.registerCompletionItemProvider(CONFIG_SELECTOR, new PathCompletion(), '/', '"'),
    new ComparisonDocuments(runs.list),
    runs.onDidEnd((ending) => {
      const quiet = isToldOtherwise(services, ending);
      void presentEnding(services, quiet ? { ...ending, severity: 'quiet' } : ending);
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
      services.contextKeys.set(
        'adept.hasAnalysis',
        models.all.some(({ analyses }) => analyses.length > 0),
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

/**
 * Whether somebody else says what became of a run: its study, or at its end the queue. What went wrong in the queue is said
 * at once as well, since the next run is started then.
 */
function isToldOtherwise({ runs, queue }: Services, { run, severity }: RunEnding): boolean {
  const isQueued = queue.runner.queue.items.some((item) => item.run === run.path && isActive(item));
  return runs.isOfStudy(run.path) || (isQueued && severity === 'information');
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
