import { subtask } from '../../task';
import { meanLoss } from '../../method/loss';
import type { SessionParts } from './sessionParts';

/** Measures domain and general loss. @returns what is no number, where one of them is */
export async function evaluate({ input, model, state, lease }: SessionParts): Promise<string | undefined> {
  const begin = performance.now();
  const { domainEval, generalEval } = input.corpora;
  const finite = (loss: number): number | null => (Number.isFinite(loss) ? loss : null);
  const task = lease.phaseTask('evaluating');
  const share = domainEval.length / (domainEval.length + generalEval.length);
  const [ofDomain, ofGeneral] = [subtask(task, 0, share, 'domain'), subtask(task, share, 1, 'general')];
  const domainLoss = finite(await meanLoss(model, domainEval, ofDomain, { reuse: true }));
  const generalLoss = finite(await meanLoss(model, generalEval, ofGeneral, { reuse: true }));
  const { step } = state;
  Object.assign(state, { domainLoss, generalLoss, evaluatedAt: step });
  lease.emit({ type: 'eval', step, domainLoss, generalLoss, seconds: (performance.now() - begin) / 1000 });
  return domainLoss !== null && generalLoss !== null
    ? undefined
    : `${domainLoss === null ? 'domain' : 'general'} loss is no number`;
}
