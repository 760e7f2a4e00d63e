import { hubNameOf, lastPart } from '../model/hubName';
import { pathsOf, replayTexts, type CorpusFiles } from '../texts/texts';
import type { RunSpec } from './runFolder';

/** A text by the names of its files, never by where they lie. */
export interface NamedText {
  readonly role: string;
  readonly names: readonly string[];
}

type Texts = Pick<RunSpec, 'domain' | 'probe' | 'replay' | 'eval'>;

/** What a run was trained, measured and evaluated on. */
export function namedTexts(spec: Texts): NamedText[] {
  const [domain = [], ...replay] = trainedTexts(spec).map(namesOf);
  const { domain: ofDomain, general } = spec.eval;
  return [
    { role: 'domain, trained on', names: domain },
    ...replay.map((names) => ({ role: 'general, trained on (replay)', names })),
    { role: 'general, importance was measured on', names: namesOf(spec.probe) },
    ...(ofDomain ? [{ role: 'domain, evaluated', names: namesOf(ofDomain) }] : []),
    ...(general ? [{ role: 'general, evaluated', names: namesOf(general) }] : []),
  ];
}

/** Names of files on which each of the two losses is measured, or what stands in for them. */
export function evaluatedTexts({ eval: { domain, general } }: Texts): {
  readonly domain: readonly string[] | string;
  readonly general: readonly string[] | string;
} {
  return {
    domain: domain ? namesOf(domain) : 'a sample of the domain text that was trained on',
    general: general ? namesOf(general) : 'the text that importance was measured on',
  };
}

/** Names of everything that is trained on. */
export function trainedNames(spec: Texts): string[] {
  return trainedTexts(spec).flatMap(namesOf);
}

function trainedTexts({ domain, replay }: Texts): CorpusFiles[] {
  return [domain, ...replayTexts(replay ?? []).map(({ corpus }) => corpus)];
}

function namesOf(corpus: CorpusFiles): string[] {
  return [...new Set(pathsOf(corpus).map((path) => hubNameOf(path, 'datasets') ?? lastPart(path)))];
}
