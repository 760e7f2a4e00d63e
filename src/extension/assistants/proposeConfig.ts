import * as vscode from 'vscode';
import { engineState } from '../../node/engines/engineState';
import { machineRoom } from '../../node/files/machineRoom';
import { configPath, corpusProblem, freeName, nameProblem } from '../../node/job/launchFolders';
import { readHeatmapFile } from '../../node/model/analysisFile';
import { namedTogether } from '../../node/texts/namedTogether';
import { configProposal } from '../../shared/assistants/configProposal';
import { ProposalResult } from '../../shared/assistants/toolResults';
import { inputError } from '../../shared/common/errors';
import { ENGLISH } from '../../shared/common/localizer';
import { parseLaunchText, type LaunchFolders } from '../../shared/launch/launchConfig';
import { FORM_FILES, type FormFiles } from '../../shared/launch/launchForm';
import type { TextSize } from '../../shared/launch/trainingAmount';
import type { Services } from '../services/services';
import { TextFacts } from '../texts/textFacts';
import { workspaceFolders } from '../window/folders';
import { readSetting } from '../window/settings';
import { analysesOf, folderPaths } from './analyses';
import type { AssistantTool } from './assistantTool';
import { pathInWorkspace } from './known';

type Texts = Readonly<Record<FormFiles, readonly string[]>>;

export const tool: AssistantTool<'adept_propose_config'> = {
  result: ProposalResult,
  doing: ({ domain }) => vscode.l10n.t('Proposing a configuration for {0}', domain.join(', ')),
  answer: async (services, { model, name, steps, ...texts }) => {
    const folders = launchFolders(services);
    const [{ file }] = await analysesOf(services, model);
    const { importance, model: found } = readHeatmapFile(file);
    const files = textsOf(texts, folders, namedTogether(importance.probe.sources));
    const chosen = name ?? freeName(folders, 'tune');
    const taken = nameProblem(folders, chosen, ENGLISH);
    if (taken !== null) {
      throw inputError(taken);
    }
    const path = configPath(folders, chosen);
    const proposal = configProposal({
      ...{ importance, file, model: found, folders, name: chosen, files, steps },
      known: sizesOf(files, importance.model.path),
      engine: readSetting('adept.engine', services.log),
      engines: engineState(),
      machine: machineRoom(folders.folder),
    });
    parseLaunchText(proposal.text, path);
    return { file: path, ...proposal };
  },
};

function launchFolders({ log }: Services): LaunchFolders {
  const [first] = workspaceFolders();
  if (first === undefined) {
    throw inputError('No folder is open, so there is nowhere for a configuration: open one.');
  }
  return { folder: first.uri.fsPath, runs: readSetting('adept.runsFolder', log, first.uri) };
}

/** @throws AdeptError (input) naming the text that is not in the workspace, or is none */
function textsOf(
  given: Readonly<Partial<Record<FormFiles, readonly string[] | undefined>>>,
  { folder }: LaunchFolders,
  probe: readonly string[],
): Texts {
  const named = FORM_FILES.map((field) => {
    const paths = (given[field] ?? []).map((path) => pathInWorkspace(path, folderPaths()));
    for (const path of paths) {
      const problem = corpusProblem(folder, path);
      if (problem !== null) {
        throw inputError(problem);
      }
    }
    return [field, field === 'probe' ? probe : paths] as const;
  });
  // Made of every list of files.
  return Object.fromEntries(named) as Record<FormFiles, readonly string[]>;
}

/** @param model the folder whose tokenizer counts */
function sizesOf(files: Texts, model: string): Map<FormFiles, TextSize> {
  const facts = TextFacts.now(model);
  return new Map(
    FORM_FILES.flatMap((field) => {
      const size = files[field].length === 0 ? undefined : facts.sizeOf(files[field]);
      return size === undefined ? [] : [[field, size] as const];
    }),
  );
}
