import * as vscode from 'vscode';
import { readModelOutline } from '../../node/model/modelConfig';
import { ANALYZE_SETTINGS } from '../../shared/settings/analyzeSettings';
import { multiStep, type StepInput } from '../window/multiStep';
import type { Services } from '../services/services';
import type { AnalysisRequest } from './analysisRequest';
import { answersOf } from './answers';
import { askForModel } from './modelQuestion';
import { Review, STABLE_FOR } from './review';
import { askForProbe } from './textQuestion';

type Named = AnalysisRequest & { readonly model: string; readonly probe: readonly string[] };

/**
 * Asks what a request leaves open and was never answered in this workspace, and shows the rest to be confirmed or changed.
 * Who names model and text, such as another extension, is asked nothing.
 * @throws vscode.CancellationError when the person left.
 */
export async function askForAnalysis(services: Services, request: AnalysisRequest): Promise<Named> {
  const { model, probe } = request;
  if (model !== undefined && probe !== undefined) {
    return { ...request, model, probe };
  }
  const title = vscode.l10n.t('Analyze Model');
  const memory = answersOf(services);
  const answers = { ...memory.value, ...(model === undefined ? {} : { model }), ...(probe ? { probe } : {}) };
  const isKnown = answers.model !== undefined && isReadable(answers.model);
  await multiStep(title, [
    ...(isKnown
      ? []
      : [
          async (input: StepInput) => {
            answers.model = await askForModel(services, input, answers.model);
          },
        ]),
    ...(answers.probe.length > 0
      ? []
      : [
          async (input: StepInput) => {
            answers.probe = await askForProbe(services, input, { before: [], model: answers.model });
          },
        ]),
  ]);
  const review = new Review(services, title, answers, {
    model: model !== undefined,
    probe: probe !== undefined,
  });
  await review.show();
  await memory.set(answers);
  const { domain, engine, mode, seqLen, maxSequences, untilStable } = answers;
  const chosen = answers.model ?? '';
  return {
    engine,
    mode,
    seqLen,
    maxSequences: maxSequences ?? undefined,
    sampling: 'spread',
    ...(untilStable ? stability(chosen) : {}),
    ...(domain.length > 0 ? { domain } : {}),
    ...request,
    model: chosen,
    probe: answers.probe,
  };
}

/** A model of the last time that is gone is asked for again. */
function isReadable(model: string): boolean {
  try {
    readModelOutline(model);
    return true;
  } catch {
    return false;
  }
}

/** An end when the choice no longer changes: of a small model fewer layers are compared, for all of them never change. */
function stability(model: string): Pick<AnalysisRequest, 'stableFor' | 'stableLayers'> {
  const compared = Math.min(
    ANALYZE_SETTINGS.stableLayers.default,
    readModelOutline(model).numHiddenLayers - 1,
  );
  return compared < 1 ? {} : { stableFor: STABLE_FOR, stableLayers: compared };
}
