import * as v from 'valibot';
import * as vscode from 'vscode';
import { engineState } from '../../node/engines/engineState';
import { activePython } from '../../node/engines/pythonPath';
import { engineText } from '../../shared/engines/engineState';
import { selectedPython } from '../engines/selectedPython';
import { presentOutcome } from '../notices/jobOutcomes';
import type { Services } from '../services/services';
import { storageFolder } from '../window/folders';
import { pickItem } from '../window/questions';

const Request = v.union([v.object({ python: v.string() }), v.object({ own: v.literal(true) })]);
type Request = v.InferOutput<typeof Request>;

interface PythonItem extends vscode.QuickPickItem {
  /** What is set up; asked for in a dialog when left out. */
  readonly request?: Request;
}

/**
 * Sets up a Python for the engine torch: that of the argument, or one that is picked.
 * @returns whether it is set up
 */
export async function run(services: Services, argument?: unknown): Promise<boolean> {
  const request = v.is(Request, argument) ? argument : await pick(services);
  const title = vscode.l10n.t('Setting up PyTorch');
  const purpose = { kind: 'setupTorch' };
  const value = await services.jobs.run({
    title,
    args: ['setup', '--torch', ...('own' in request ? ['--own'] : ['--python', request.python])],
    cwd: storageFolder(services.context),
    purpose,
  });
  await presentOutcome(services, { title, purpose, value }, true);
  return true;
}

async function pick(services: Services): Promise<Request> {
  const { l10n } = vscode;
  const picked = await pickItem(items(services), {
    title: l10n.t('Set Up PyTorch'),
    placeHolder: l10n.t('A Python that has torch, transformers and safetensors, or a new environment'),
    matchOnDescription: true,
  });
  if (picked === undefined) {
    throw new vscode.CancellationError();
  }
  return picked.request ?? { python: await browse() };
}

async function items({ log }: Services): Promise<PythonItem[]> {
  const { l10n } = vscode;
  const state = engineState();
  const named: readonly (readonly [label: string, python: string | undefined, detail: string])[] = [
    [
      l10n.t('$(check) The one that is set up'),
      state.torch?.interpreter,
      l10n.t('{0}; asks again what it has', engineText('torch', state, l10n)),
    ],
    [
      l10n.t('$(symbol-namespace) Selected in the Python extension'),
      await selectedPython(log),
      l10n.t('installs nothing'),
    ],
    [
      l10n.t('$(vm-active) Active virtual environment'),
      activePython(process.env),
      l10n.t('installs nothing'),
    ],
  ];
  const seen = new Set<string>();
  const found = named.flatMap(([label, python, detail]): PythonItem[] => {
    if (python === undefined || seen.has(python)) {
      return [];
    }
    seen.add(python);
    return [{ label, description: python, detail, request: { python } }];
  });
  return [
    ...found,
    {
      label: l10n.t('$(folder-opened) Another Python…'),
      detail: l10n.t('choose the program, such as bin/python of an environment; installs nothing'),
    },
    {
      label: l10n.t('$(cloud-download) An environment of its own'),
      detail: l10n.t('downloads several GB with pip, up to 8 GB on the disk; needs python3'),
      request: { own: true },
    },
  ];
}

async function browse(): Promise<string> {
  const [file] =
    (await vscode.window.showOpenDialog({
      title: vscode.l10n.t('The Python that has PyTorch'),
      openLabel: vscode.l10n.t('Use'),
      canSelectMany: false,
    })) ?? [];
  if (file === undefined) {
    throw new vscode.CancellationError();
  }
  return file.fsPath;
}
