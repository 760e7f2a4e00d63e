// The table of docs/models.md, from the figures that `npm run bench:families` left in docs/models.json.

const BEGIN = '<!-- npm run bench:families -->';
const END = '<!-- end -->';

/** @param {string} page @param {object} figures @returns {string} the page with its table made anew */
export function withTable(page, { processor, families }) {
  const [before, rest] = page.split(BEGIN);
  const after = rest?.split(END)[1];
  if (after === undefined) {
    throw new Error(`docs/models.md lacks ${BEGIN} … ${END}.`);
  }
  const milliseconds = (value) => value.toFixed(0);
  const times = ({ median, least, most }) =>
    `${median.toFixed(2)}× (${least.toFixed(2)} to ${most.toFixed(2)})`;
  const rows = Object.entries(families).map(
    ([family, { step, forward }]) =>
      `| \`${family}\` | ${milliseconds(step.fused)} | ${times(step.ratio)} | ${milliseconds(forward.fused)} | ${times(forward.ratio)} |`,
  );
  const lines = [
    `Measured on ${processor}:`,
    '',
    '| family | step, ms | without the kernels | forward pass, ms | without the kernels |',
    '|---|---|---|---|---|',
    ...rows,
  ];
  return `${before}${BEGIN}\n\n${lines.join('\n')}\n\n${END}${after}`;
}
