// A byte-level BPE tokenizer (Sennrich et al. 2016), trained on the sample's text, as a Hugging Face tokenizer.json.

const SPECIAL = ['<unk>', '<s>', '</s>'];
/** What the ByteLevel pre-tokenizer of tokenizer.json splits by (GPT-2's expression). */
const WORDS = /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu;

/** GPT-2's printable stand-in for each byte. @returns {string[]} */
function byteAlphabet() {
  const printable = (byte) => (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(printable(byte) ? byte : next++));
}

/**
 * @param {string} text to learn the merges from
 * @param {number} size of the vocabulary
 */
export function trainTokenizer(text, size) {
  const alphabet = byteAlphabet();
  const counts = new Map();
  for (const word of text.match(WORDS) ?? []) {
    const letters = [...Buffer.from(word, 'utf8')].map((byte) => alphabet[byte]).join(' ');
    counts.set(letters, (counts.get(letters) ?? 0) + 1);
  }
  let words = [...counts].map(([letters, count]) => ({ parts: letters.split(' '), count }));
  const vocabulary = [...SPECIAL, ...alphabet];
  const merges = [];
  while (vocabulary.length < size) {
    const pair = commonestPair(words);
    merges.push(pair);
    vocabulary.push(pair.join(''));
    words = words.map(({ parts, count }) => ({ parts: merge(parts, pair), count }));
  }
  return tokenizerFile(vocabulary, merges);
}

/** The pair of neighbours seen most often; of equals the first in code-point order. */
function commonestPair(words) {
  const pairs = new Map();
  for (const { parts, count } of words) {
    for (let at = 0; at + 1 < parts.length; at++) {
      const key = `${parts[at]} ${parts[at + 1]}`;
      pairs.set(key, (pairs.get(key) ?? 0) + count);
    }
  }
  const [[best]] = [...pairs].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  return best.split(' ');
}

function merge(parts, [left, right]) {
  const merged = [];
  for (let at = 0; at < parts.length; at++) {
    if (parts[at] === left && parts[at + 1] === right) {
      merged.push(left + right);
      at += 1;
    } else {
      merged.push(parts[at]);
    }
  }
  return merged;
}

function tokenizerFile(vocabulary, merges) {
  const bos = SPECIAL[1];
  const text = (id) => ({ Sequence: { id, type_id: 0 } });
  const special = { SpecialToken: { id: bos, type_id: 0 } };
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: SPECIAL.map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
    post_processor: {
      type: 'TemplateProcessing',
      single: [special, text('A')],
      pair: [special, text('A'), special, text('B')],
      special_tokens: { [bos]: { id: bos, ids: [1], tokens: [bos] } },
    },
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      vocab: Object.fromEntries(vocabulary.map((token, id) => [token, id])),
      merges,
    },
  };
}
