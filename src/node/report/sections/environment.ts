import { html } from '../html';
import { momentText } from '../numbers';
import type { ReportFacts } from '../reportFacts';
import { facts } from '../table';
import type { ReportSection } from './section';

/** Names of what an engine says of itself, in the order in which they are shown; others follow as they are called. */
const ENGINE_FACTS: Readonly<Record<string, string>> = {
  engine: 'Engine',
  device: 'Device',
  library: 'Library',
  tfjs: 'TensorFlow.js',
  dtype: 'Computed in',
  ranks: 'Processes',
  threads: 'Threads',
  kernels: 'Fused kernels',
};

/** What computed it: versions, engine, device. */
export const ENVIRONMENT: ReportSection = {
  id: 'environment',
  title: 'Environment',
  body: (report) =>
    html`${facts([['ADEPT', report.version], ...engineFacts(report.engine), ...times(report)])}${problems(report)}`,
};

function engineFacts(engine: ReportFacts['engine']): [string, string][] {
  const names = [
    ...Object.keys(ENGINE_FACTS),
    ...Object.keys(engine).filter((name) => !(name in ENGINE_FACTS)),
  ];
  return names.flatMap((name): [string, string][] => {
    const value = engine[name];
    const isText = ['string', 'number', 'boolean'].includes(typeof value);
    return isText ? [[ENGINE_FACTS[name] ?? name, String(value)]] : [];
  });
}

function times({ summary, job, madeAt }: ReportFacts): [string, string | undefined][] {
  return [
    ['Peak memory', job === undefined ? undefined : `${(job.peakMemory / 1e9).toFixed(2)} GB`],
    ['Run started', summary.startedAt === null ? undefined : momentText(summary.startedAt)],
    ['Report made', momentText(madeAt)],
  ];
}

function problems({ problems: list, summary }: ReportFacts): ReturnType<typeof html> | undefined {
  return list.length === 0
    ? undefined
    : html`<h3>What could not be read of ${summary.name}</h3>
        <ul>
          ${list.map((problem) => html`<li>${problem}</li>`)}
        </ul>`;
}
