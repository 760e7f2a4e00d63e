import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RunRow } from '../../../src/shared/runs/runRow';
import { runNameProblem } from '../../../src/shared/runs/runName';
import {
  filterRuns,
  nextRunOrder,
  RUN_COLUMNS,
  type RunColumn,
  sortRuns,
} from '../../../src/shared/runs/runTable';
import { runsCsv } from '../../../src/shared/runs/runsCsv';
import { ENGLISH } from '../../../src/shared/common/localizer';
import { rowOf } from '../../webview/support/runsContent';

const ROWS: readonly RunRow[] = [
  rowOf('run-2', {
    state: 'running',
    model: 'Qwen',
    layers: [1],
    learningRate: 1e-3,
    step: 5,
    domainChange: -1,
  }),
  rowOf('run-10', { model: null, layers: null, learningRate: null, domainChange: null, tags: ['b'] }),
  rowOf('run-1', {
    state: 'failed',
    learningRate: 1e-5,
    domainChange: 0.5,
    note: 'odd, "quoted"\nline',
    tags: ['a'],
  }),
];

function order(column: RunColumn, descending = false): string {
  return sortRuns(ROWS, { column, descending })
    .map(({ name }) => name.slice(4))
    .join(' ');
}

describe('the table of runs', () => {
  it('sorts names as people count, values by size, and what is not known last', () => {
    assert.equal(order('name'), '1 2 10');
    assert.equal(order('name', true), '10 2 1');
    assert.equal(order('state'), '2 10 1');
    assert.equal(order('layers'), '2 1 10');
    assert.equal(order('layers', true), '1 2 10');
    assert.equal(order('learningRate'), '1 2 10');
    assert.equal(order('domainChange'), '2 1 10');
    assert.equal(order('domainChange', true), '1 2 10');
    assert.equal(order('tags'), '1 10 2');
    for (const column of RUN_COLUMNS) {
      assert.equal(sortRuns(ROWS, { column, descending: true }).length, 3);
    }
  });

  it('turns an order round at the second click, and begins with the latest and longest', () => {
    const byName = nextRunOrder({ column: 'startedAt', descending: true }, 'name');
    assert.deepEqual(byName, { column: 'name', descending: false });
    assert.deepEqual(nextRunOrder(byName, 'name'), { column: 'name', descending: true });
    assert.deepEqual(nextRunOrder(byName, 'seconds'), { column: 'seconds', descending: true });
  });

  it('filters by every word, in any column of text, and by state', () => {
    const names = (text: string, state: RunRow['state'] | null = null): string[] =>
      filterRuns(ROWS, { text, state }, ENGLISH).map(({ name }) => name);
    assert.deepEqual(names(''), ['run-2', 'run-10', 'run-1']);
    assert.deepEqual(names('QWEN run'), ['run-2']);
    assert.deepEqual(names('odd failed a'), ['run-1']);
    assert.deepEqual(names('odd running'), []);
    assert.deepEqual(names('run', 'done'), ['run-10']);
  });

  it('writes CSV that quotes what it has to, and leaves empty what is not known', () => {
    const lines = runsCsv(ROWS.slice(1)).split('\r\n');
    assert.match(lines[0] ?? '', /^name,state,model,expanded layers,learning rate,/);
    assert.match(lines[1] ?? '', /^run-10,done,,,,800,800,,0\.0312,/);
    assert.match(lines[2] ?? '', /,a,"odd, ""quoted""\nline",\/space\//);
  });

  it('takes names of folders that every system can have', () => {
    const problem = (name: string): string | undefined => runNameProblem(name, ENGLISH);
    for (const name of ['law-1', 'Ünïcode 法律', 'a.b', 'console', 'x'.repeat(80)]) {
      assert.equal(problem(name), undefined, name);
    }
    assert.match(problem('a/b') ?? '', /no \//);
    assert.match(problem('a:b') ?? '', /no :/);
    assert.match(problem('a\tb') ?? '', /control/);
    assert.match(problem('CON') ?? '', /device on Windows/);
    assert.match(problem('nul.txt') ?? '', /device/);
    assert.match(problem('.hidden') ?? '', /dot/);
    for (const name of ['', '  ', 'end.', ' a', 'a ', '..', 'x'.repeat(81)]) {
      assert.notEqual(problem(name), undefined, JSON.stringify(name));
    }
  });
});
