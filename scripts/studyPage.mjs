// What docs/study.md shows of the studies beside it: between its markers, written by `npm run study` and compared by
// test/repository/studyDocument.test.ts.

/** @typedef {{mean: number, lowest: number, highest: number}} Spread */
/** @typedef {{arm: string, seeds: number, domainGain: Spread, generalRise: Spread, accuracyRise?: Spread, tokensChanged?: Spread, trainingSeconds: Spread, trainableShare: number, ofFull?: {domainGain: number, generalRise: number, trainingSeconds: number}}} Summary */

const HEAD = [
  'arm',
  'seeds',
  'domain gain, nats',
  'change of general loss, nats',
  'accuracy, points',
  'tokens changed, %',
  'seconds',
  'trained',
  'gain, of full',
  'rise, of full',
  'time, of full',
];

/** @param {Spread | undefined} spread @param {(value: number) => string} show */
function range(spread, show) {
  if (spread === undefined) {
    return '–';
  }
  const [mean, low, high] = [spread.mean, spread.lowest, spread.highest].map(show);
  return low === high ? mean : `${mean} (${low} to ${high})`;
}

/** @param {number} value in nats @returns {string} with its sign: what rises is told from what falls */
function change(value) {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(4)}`;
}

/** @param {readonly Summary[]} summaries @returns {string} a row an arm, with mean and range over seeds */
export function studyTable(summaries) {
  const nats = (value) => value.toFixed(4);
  const points = (value) => (value * 100).toFixed(1);
  const rows = summaries.map((summary) => [
    summary.arm,
    summary.seeds,
    range(summary.domainGain, nats),
    range(summary.generalRise, change),
    range(summary.accuracyRise, points),
    range(summary.tokensChanged, points),
    range(summary.trainingSeconds, (value) => value.toFixed(0)),
    `${points(summary.trainableShare)} %`,
    ...['domainGain', 'generalRise', 'trainingSeconds'].map((what) =>
      summary.ofFull === undefined ? '–' : `${(summary.ofFull[what] * 100).toFixed(0)} %`,
    ),
  ]);
  return [HEAD, HEAD.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** @typedef {{alpha: number, domainLoss: number, generalLoss: number}} StrengthPoint */

/**
 * @param {readonly StrengthPoint[]} points by ascending α
 * @returns {string} a row a strength: what is gained and lost beside the original, in nats
 */
export function strengthTable(points) {
  const [original] = points;
  const rows = points.map(({ alpha, domainLoss, generalLoss }) => [
    String(alpha),
    ((original?.domainLoss ?? NaN) - domainLoss).toFixed(4),
    change(generalLoss - (original?.generalLoss ?? NaN)),
  ]);
  const head = ['α', 'domain gain, nats', 'change of general loss, nats'];
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/**
 * @param {string} page
 * @param {string} name of the study
 * @param {readonly StrengthPoint[]} points
 * @returns {string} the page with the strengths of a run of that study
 */
export function withStrength(page, name, points) {
  return between(page, `strength of ${name}`, strengthTable(points));
}

/**
 * @param {string} page
 * @param {string} name of the marker
 * @param {readonly Summary[]} summaries
 * @returns {string} the page with the table of a study
 */
export function withStudy(page, name, summaries) {
  return between(page, name, studyTable(summaries));
}

/** @param {string} page @param {string} name @param {string} text */
function between(page, name, text) {
  const marker = new RegExp(`(<!-- ${name} -->\\n)(?:[^]*?\\n)?(<!-- /${name} -->)`);
  if (!marker.test(page)) {
    throw new Error(`docs/study.md has no part <!-- ${name} -->.`);
  }
  return page.replace(marker, (_all, begin, end) => `${begin}\n${text}\n\n${end}`);
}
