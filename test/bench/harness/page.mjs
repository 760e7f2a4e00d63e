// The table of docs/command-line.md that shows bench/results/harness.json, between its markers: written by `npm run bench:harness` and compared
// by test/repository/commandLineDocument.test.ts.

/** @param {any} results of `npm run bench:harness` @returns {string} */
export function harnessTable({ lmEval, model, rows }) {
  const head = [
    '',
    'questions',
    'the same answer',
    'counted alike',
    'right here',
    `right in lm-eval ${lmEval}`,
  ];
  const lines = rows.flatMap(({ task, questions, same, strict, flexible, right }) =>
    right === undefined
      ? [
          [`${task}, strict`, questions, same, strict.alike, ...strict.right],
          [`${task}, flexible`, questions, same, flexible.alike, ...flexible.right],
        ]
      : [[task, questions, same, same, ...right]],
  );
  const text = [head, ['---', ...head.slice(1).map(() => '--:')], ...lines]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
  return `${model}:\n\n${text}`;
}

const PART = /(<!-- harness -->\n).*?(<!-- \/harness -->)/s;

/** @param {string} page @param {any} results @returns {string} the page with the table */
export function withHarness(page, results) {
  if (!PART.test(page)) {
    throw new Error('the page has no markers <!-- harness -->');
  }
  return page.replace(PART, (_, before, after) => `${before}\n${harnessTable(results)}\n\n${after}`);
}
