import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { html } from '../../../src/node/report/html';
import { nameOnly, namesOnly } from '../../../src/node/report/namesOnly';

describe('a template of a report', () => {
  it('escapes what is put into it, also within an attribute, and takes markup as it is', () => {
    const name = `<img src=x onerror="alert('1')"> & co`;
    assert.equal(
      html`<p title="${name}">${[html`<b>${1.5}</b>`, undefined, name]}</p>`.markup,
      '<p title="&#60;img src=x onerror=&#34;alert(&#39;1&#39;)&#34;&#62; &#38; co"><b>1.5</b>' +
        '&#60;img src=x onerror=&#34;alert(&#39;1&#39;)&#34;&#62; &#38; co</p>',
    );
  });
});

describe('the name that is left of a path in a text', () => {
  const folders = ['/home/ann/my models', '/home/ann', '/w', '/home/ann/my models/run (1)'];
  for (const [text, left] of [
    ['/srv/data/train.jsonl: line 3: is empty', 'train.jsonl: line 3: is empty'],
    ['moved to /runs/a/discarded/after-step-00000002', 'moved to after-step-00000002'],
    ['C:\\Users\\Ann\\model is gone', 'model is gone'],
    ['\\\\server\\share\\model', 'model'],
    ['"~/models/a", (/tmp/b/), file:///tmp/c d', '"a", (b), c d'],
    ['in /home/ann/my models/SmolLM2/config.json.', 'in config.json.'],
    ['/home/ann/my models/run (1)/events.ndjson, line 7', 'events.ndjson, line 7'],
    ['/home/ann', 'ann'],
    // What is no path, or no absolute one, stays as it is.
    ['org/name and/or 1/2, tokens/s, docs/texts.md', 'org/name and/or 1/2, tokens/s, docs/texts.md'],
    ['https://arxiv.org/abs/2510.10071', 'https://arxiv.org/abs/2510.10071'],
    ['/work/x', 'x'],
    ['a / b', 'a / b'],
  ] as const) {
    it(`of ${text}`, () => {
      assert.equal(nameOnly(text, folders), left);
    });
  }

  it('is put in the place of every text in some data', () => {
    const data = { a: ['/x/y', 1, null, { '/x/z': '/x/y/w', n: undefined }], b: true };
    assert.deepEqual(namesOnly(data, []), { a: ['y', 1, null, { z: 'w', n: undefined }], b: true });
  });
});
