import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatShort } from '../../../src/shared/heatmap/formatNumber';
import { heatScale } from '../../../src/shared/heatmap/heatScale';
import { importanceTable } from '../../../src/shared/heatmap/importanceTable';
import { rankAmong, relativeRanks } from '../../../src/shared/heatmap/rank';
import { colourRanges } from '../../../src/shared/heatmap/ranges';
import { nextOrder, sortRows } from '../../../src/shared/heatmap/sortRows';
import { toCsv, valueTable } from '../../../src/shared/heatmap/valueTable';
import { lowestLayers } from '../../../src/shared/method/layerChoice';
import { unitKindsOf, unitsOf } from '../../../src/shared/model/architecture';
import { FAMILIES, type Family } from '../../../src/shared/model/families';
import { parseModelConfig } from '../../../src/shared/model/config';
import { expectInputError } from '../../support/expectInputError';
import { importanceFile } from '../../support/importanceFile';

const FAMILY_NAMES = Object.keys(FAMILIES) as Family[];

describe('the units of a family', () => {
  for (const family of FAMILY_NAMES) {
    it(`are those of a ${family} model`, () => {
      const config = parseModelConfig(
        {
          model_type: family,
          vocab_size: 10,
          hidden_size: 8,
          intermediate_size: 16,
          num_hidden_layers: 1,
          num_attention_heads: 2,
          num_key_value_heads: 1,
          head_dim: 4,
        },
        'config.json',
      );
      assert.deepEqual(
        unitKindsOf(family),
        unitsOf(config).map(({ name, kind }) => ({ name, kind })),
      );
    });
  }
});

describe('the table of an importance file', () => {
  it('has layer importance first, then the units in the order of the computation', () => {
    const { columns, rows } = importanceTable(importanceFile([3, 1]), 'importance.json');
    assert.deepEqual(
      columns.map(({ name }) => name),
      ['layer', ...unitKindsOf('llama').map(({ name }) => name)],
    );
    assert.deepEqual(rows[1], {
      layer: 1,
      values: [1, ...unitKindsOf('llama').map((_, i) => 2e-3 + i * 1e-4)],
    });
  });

  it('has the q and k norms of a family that has them', () => {
    const names = importanceTable(importanceFile([1], undefined, 'qwen3'), 'x').columns.map(
      ({ name }) => name,
    );
    assert.ok(names.includes('self_attn.q_norm') && names.includes('self_attn.k_norm'));
    assert.equal(names.length, 12);
  });

  it('has the measured units of a family that the architecture table does not have', () => {
    const { model, layers } = importanceFile([1, 2]);
    const names = ['self_attn.q_norm', 'mlp.experts.up_proj', 'post_feedforward_layernorm'];
    const units = names.map((name, at) => ({ layer: Number(at === 1), name, importance: at }));
    const found = importanceTable(
      { ...importanceFile([1, 2]), model: { ...model, family: 'gemma3_moe' }, layers, units },
      'x',
    );
    assert.deepEqual(found.columns, [
      { name: 'layer', kind: 'layer' },
      { name: 'self_attn.q_norm', kind: 'norm' },
      { name: 'mlp.experts.up_proj', kind: 'projection' },
      { name: 'post_feedforward_layernorm', kind: 'norm' },
    ]);
    assert.deepEqual(found.rows, [
      { layer: 0, values: [1, 0, undefined, 2] },
      { layer: 1, values: [2, undefined, 1, undefined] },
    ]);
  });

  it('leaves what was not measured undefined', () => {
    const file = importanceFile([1, 2]);
    const { rows } = importanceTable({ ...file, units: file.units.slice(1) }, 'x');
    assert.equal(rows[0]?.values[1], undefined);
    assert.equal(rows[1]?.values[1], 2e-3);
  });

  const file = importanceFile([1, 2]);
  const [first] = file.units;
  const broken: [string, Parameters<typeof importanceTable>[0], RegExp][] = [
    [
      'a wrong number of layers',
      { ...file, model: { ...file.model, layers: 3 } },
      /describes 2 layers.*is 3/,
    ],
    [
      'a layer twice',
      {
        ...file,
        layers: [
          { index: 0, importance: 1 },
          { index: 0, importance: 2 },
        ],
      },
      /lacks layer 1/,
    ],
    ['no layers', { ...file, layers: [], model: { ...file.model, layers: 0 } }, /describes 0 layers/],
    [
      'a unit of no layer',
      { ...file, units: [{ layer: 2, name: 'mlp.up_proj', importance: 1 }] },
      /"units\.0" is of layer 2/,
    ],
    [
      'an unknown unit',
      { ...file, units: [{ layer: 0, name: 'layer', importance: 1 }] },
      /"units\.0" is "layer"/,
    ],
    [
      'a unit twice',
      { ...file, units: [...file.units, ...(first ? [first] : [])] },
      /"units\.18" gives layer 0's input_layernorm a second time/,
    ],
  ];
  for (const [what, content, message] of broken) {
    it(`refuses ${what}`, () => {
      assert.match(expectInputError(() => importanceTable(content, 'f.json'), 'f.json: ').message, message);
    });
  }
});

describe('ranks', () => {
  it('start at 1 with the lowest, and equal values share the best one', () => {
    const values = [5, 1, 3, 3, 9];
    assert.deepEqual(
      values.map((value) => rankAmong(value, values).rank),
      [4, 1, 2, 2, 5],
    );
    assert.equal(rankAmong(1, values).of, 5);
  });

  it('as ranks spread evenly from 0 to 1, equal values in the middle of theirs', () => {
    assert.deepEqual(
      [...relativeRanks([5, 1, 3, 3, 9])],
      [
        [1, 0],
        [3, 1.5 / 4],
        [5, 3 / 4],
        [9, 1],
      ],
    );
    assert.deepEqual([...relativeRanks([7])], [[7, 0]]);
  });
});

describe('a scale', () => {
  const heats = (kind: Parameters<typeof heatScale>[0], values: number[]): unknown[] => {
    const scale = heatScale(kind, values);
    return values.map((value) => scale.heat(value));
  };

  it('that is linear runs from the lowest to the highest value, negative ones included', () => {
    assert.deepEqual(heats('linear', [-1, 0, 3]), [0, 0.25, 1]);
  });

  it('that is logarithmic has equal steps for equal factors', () => {
    const [low, middle, high] = heats('log', [1e-4, 1e-3, 1e-2]);
    assert.deepEqual([low, high], [0, 1]);
    assert.ok(Math.abs(Number(middle) - 0.5) < 1e-12);
  });

  it('that is logarithmic leaves out zero and below, and says how many there are', () => {
    assert.deepEqual(heats('log', [-2, 0, 1, 100]), ['off scale', 'off scale', 0, 1]);
    const { offScale, lowest, highest } = heatScale('log', [-2, 0, 1, 100]);
    assert.deepEqual({ offScale, lowest, highest }, { offScale: 2, lowest: 1, highest: 100 });
    assert.deepEqual(heats('log', [-1, 0]), ['off scale', 'off scale']);
    assert.deepEqual(heats('log', [-1, 4, 4]), ['off scale', 0.5, 0.5]);
  });

  it('by rank spreads the values evenly, whatever they are', () => {
    assert.deepEqual(heats('rank', [-5, 1000, 0, 0, 1]), [0, 1, 1.5 / 4, 1.5 / 4, 3 / 4]);
  });

  it('is neither low nor high where all values are equal', () => {
    assert.deepEqual(heats('linear', [2, 2]), [0.5, 0.5]);
    assert.deepEqual(heats('log', [2]), [0.5]);
    assert.deepEqual(heats('rank', [2, 2]), [0.5, 0.5]);
  });
});

describe('colour ranges', () => {
  const table = importanceTable(importanceFile([3, 1]), 'x');
  const names = (normsApart: boolean): unknown =>
    colourRanges(table, 'linear', normsApart).map(({ name, columns }) => [name, [...columns]]);

  it('keep layers and units apart', () => {
    assert.deepEqual(names(false), [
      ['layers', [0]],
      ['units', [1, 2, 3, 4, 5, 6, 7, 8, 9]],
    ]);
  });

  it('keep norms apart where that is wanted', () => {
    assert.deepEqual(names(true), [
      ['layers', [0]],
      ['units', [2, 3, 4, 5, 7, 8, 9]],
      ['norms', [1, 6]],
    ]);
  });

  it('leave out what was not measured', () => {
    const file = importanceFile([3, 1]);
    const bare = importanceTable({ ...file, units: [] }, 'x');
    assert.deepEqual(
      colourRanges(bare, 'log', true).map(({ name }) => name),
      ['layers'],
    );
  });
});

describe('sorting', () => {
  const rows = [
    { layer: 0, values: [2, 7] },
    { layer: 1, values: [1, undefined] },
    { layer: 2, values: [1, 9] },
    { layer: 3, values: [5, 8] },
  ];
  const layers = (by: Parameters<typeof sortRows>[1]['by'], descending: boolean): number[] =>
    sortRows(rows, { by, descending }).map(({ layer }) => layer);

  it('by number, both ways', () => {
    assert.deepEqual(layers('number', false), [0, 1, 2, 3]);
    assert.deepEqual(layers('number', true), [3, 2, 1, 0]);
  });

  it('puts the deeper of two equal layers first, and descending is the reverse', () => {
    assert.deepEqual(layers({ column: 0 }, false), [2, 1, 0, 3]);
    assert.deepEqual(layers({ column: 0 }, true), [3, 0, 1, 2]);
  });

  it('puts what was not measured last, both ways', () => {
    assert.deepEqual(layers({ column: 1 }, false), [0, 3, 2, 1]);
    assert.deepEqual(layers({ column: 1 }, true), [2, 3, 0, 1]);
  });

  it('by importance begins with the layers that are suggested', () => {
    const file = importanceFile([2, 1, 1, 5, 1, 0.5]);
    const table = importanceTable(file, 'x');
    const sorted = sortRows(table.rows, { by: { column: 0 }, descending: false }).map(({ layer }) => layer);
    for (const k of [1, 2, 3, 4, 5, 6]) {
      assert.deepEqual(
        sorted.slice(0, k).sort((a, b) => a - b),
        lowestLayers(file, k, 6, 'x'),
      );
    }
  });

  it('turns around when the same heading is used again', () => {
    const once = nextOrder({ by: 'number', descending: false }, { column: 2 });
    assert.deepEqual(once, { by: { column: 2 }, descending: false });
    assert.deepEqual(nextOrder(once, { column: 2 }), { by: { column: 2 }, descending: true });
    assert.deepEqual(nextOrder(once, { column: 3 }), { by: { column: 3 }, descending: false });
    assert.deepEqual(nextOrder(once, 'number'), { by: 'number', descending: false });
  });
});

describe('values as text', () => {
  it('have three significant digits in a cell', () => {
    const shown = [2.8722087, 0.0123456, 0.000372061, -0.5, 0, 999.4, 999.6, 1234.5, 12345, -1e-9, 1e21];
    assert.deepEqual(shown.map(formatShort), [
      '2.87',
      '0.0123',
      '3.72e-4',
      '−0.500',
      '0',
      '999',
      '1000',
      '1235',
      '1.23e4',
      '−1.00e-9',
      '1.00e21',
    ]);
  });

  it('are all in the CSV, in full precision, with the rank of every layer', () => {
    const file = importanceFile([0.30000000000000004, 0.1, 0.1], (layer, index) => layer - index / 3);
    const incomplete = { ...file, units: file.units.slice(1) };
    const lines = toCsv(valueTable(importanceTable(incomplete, 'x'))).split('\r\n');
    assert.equal(lines.at(-1), '');
    assert.equal(
      lines[0],
      ['layer', 'importance', 'rank', ...unitKindsOf('llama').map(({ name }) => name)].join(','),
    );
    assert.equal(lines.length, 5);
    const [layer, importance, rank, ...units] = lines[1]?.split(',') ?? [];
    assert.deepEqual([layer, importance, rank, units[0]], ['0', '0.30000000000000004', '3', '']);
    for (const line of lines.slice(1, 4)) {
      const [at, value, , ...rest] = line.split(',');
      assert.equal(Number(value), file.layers[Number(at)]?.importance);
      const expected = incomplete.units
        .filter((unit) => unit.layer === Number(at))
        .map((unit) => unit.importance);
      assert.deepEqual(rest.filter((text) => text !== '').map(Number), expected);
    }
  });

  it('are quoted where CSV needs it', () => {
    assert.equal(
      toCsv({ headings: ['a,b', 'c'], rows: [['say "x"', 'two\nlines']] }),
      '"a,b",c\r\n"say ""x""","two\nlines"\r\n',
    );
  });
});
