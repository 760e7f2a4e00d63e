// The table of docs/texts.md, from the figures that `npm run bench:texts` left in docs/texts.json.

const BEGIN = '<!-- npm run bench:texts -->';
const END = '<!-- end -->';

/** @param {string} page @param {object} figures @returns {string} the page with its table made anew */
export function withTable(page, figures) {
  const [before, rest] = page.split(BEGIN);
  const after = rest?.split(END)[1];
  if (after === undefined) {
    throw new Error(`docs/texts.md lacks ${BEGIN} … ${END}.`);
  }
  const lines = ['| check | bar | measured |', '|---|---|---|', ...rows(figures)];
  return `${before}${BEGIN}\n\n${lines.join('\n')}\n\n${END}${after}`;
}

const seconds = ({ median, least, most }) =>
  `${median.toFixed(1)} s (${least.toFixed(1)} to ${most.toFixed(1)})`;
const megabytes = (value) => `${value.toFixed(0)} MB`;

/** @param {object} figures @returns {string[]} a row for each part that was measured */
function rows({ ids, speed, second, prepare, tune, kills, packing }) {
  return [
    ...(ids ? [idsRow(ids)] : []),
    ...(speed ?? []).map(
      ({ tokenizer, ours, rust, ratio }) =>
        `| tokenising \`c4_demo\` repeated to 40 MB on two cores, ${tokenizer}: \`adept prepare\` (reads, tokenises, stores) against \`encode_batch\` of the Rust tokenizers (in memory, the encoding alone), in turns | ≥ 0.7× | ${ratio.toFixed(2)}×: ${seconds(ours)} against ${seconds(rust)} |`,
    ),
    ...(second
      ? [
          `| first step of a run on a stored text of 200 MB, beyond that on one of 2 MB | ≤ 3 s | ${second.beyond.toFixed(2)} s (the whole command ${seconds(second.large)}; at the first start ${second.firstStart.toFixed(0)} s) |`,
        ]
      : []),
    ...(prepare
      ? [
          `| peak memory of \`adept prepare\`, Qwen3's tokenizer, on ${prepare.map(({ megabytes: size }) => (size < 1000 ? `${size} MB` : `${size / 1000} GB`)).join(' and on ')} | the same within 10 %, ≤ 700 MB | ${prepare.map(({ peak }) => megabytes(peak)).join(' and ')} |`,
        ]
      : []),
    ...(tune
      ? [
          `| peak memory of a tuning run on stories260K, nothing stored before, text of 200 MB against 2 MB | within 30 MB | ${tune.rows.map(({ peak }) => megabytes(peak.median)).join(' and ')} (${tune.more < 0 ? 'less' : 'more'} by ${megabytes(Math.abs(tune.more))}) |`,
        ]
      : []),
    ...(kills
      ? [
          `| \`adept prepare\` killed at ${kills.kills} random moments: the next one ends with the same store, byte for byte | all | ${kills.equal} of ${kills.kills}; ${kills.goneOnFromAPart} went on from a part |`,
        ]
      : []),
    ...(packing ?? []).map(packingRow),
  ];
}

function idsRow(ids) {
  const equal = ids.filter((row) => row.equal).length;
  const count = ids.reduce((sum, row) => sum + row.ids, 0);
  const names = [...new Set(ids.map(({ tokenizer }) => tokenizer))].join(', ');
  return `| ids of the store against \`tokenizers\` (Rust, by Python): c4_demo, wiki_demo and TinyStories, with the tokenizers of ${names} | equal, every one | ${equal} of ${ids.length} texts, ${count} ids |`;
}

function packingRow({ engine, kernels, of64 }) {
  const name =
    engine === 'wasm' ? 'wasm' : `${engine}, ${kernels === 'fused' ? 'fused kernels' : 'composed'}`;
  return `| packing separate, documents of 64 tokens in sequences of 1024, against joined, ${name} | no slower | forward ${of64.forward.ratio.toFixed(2)}×, with gradients ${of64.gradients.ratio.toFixed(2)}× as fast |`;
}
