import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chartKey, type ChartPosition } from '../../../webview/common/chartKeys';
import { stepTicks } from '../../../webview/common/stepTicks';
import { extentOver, pan, shownRange, zoomAt, zoomTo } from '../../../webview/common/chartZoom';

const FULL = [0, 1000] as const;

describe('what charts show of a run', () => {
  it('has ticks at whole steps only, however far it is zoomed', () => {
    assert.deepEqual(stepTicks(0, 200, 8), [0, 50, 100, 150, 200]);
    assert.deepEqual(stepTicks(20.3, 24.7, 8), [21, 22, 23, 24]);
    assert.deepEqual(stepTicks(1002.5, 1011.9, 8), [1004, 1006, 1008, 1010]);
    assert.deepEqual(stepTicks(7, 7, 8), [7]);
    assert.deepEqual(stepTicks(0, 1e6, 8), [0, 2e5, 4e5, 6e5, 8e5, 1e6]);
  });

  it('is all of it, or a part that lies within it', () => {
    assert.deepEqual(shownRange(FULL, null), FULL);
    assert.deepEqual(shownRange(FULL, [100, 200]), [100, 200]);
    assert.deepEqual(shownRange([0, 150], [100, 200]), [50, 150], 'a run that went back');
    assert.deepEqual(shownRange([0, 80], [100, 200]), [0, 80]);
    assert.equal(zoomTo([-5, 1005], FULL), null);
  });

  it('stays as it is while the run goes on', () => {
    assert.deepEqual(shownRange([0, 5000], [100, 200]), [100, 200]);
  });

  it('is zoomed about a step, down to four', () => {
    assert.deepEqual(zoomAt(FULL, FULL, 250, 0.5), [125, 625]);
    assert.deepEqual(zoomAt([125, 625], FULL, 250, 2), null);
    assert.deepEqual(zoomAt([100, 110], FULL, 100, 0.1), [100, 104]);
    assert.deepEqual(zoomAt([100, 200], FULL, 100, 20), null);
  });

  it('is moved as far as the run goes', () => {
    assert.deepEqual(pan([100, 200], FULL, 50), [150, 250]);
    assert.deepEqual(pan([100, 200], FULL, -500), [0, 100]);
    assert.deepEqual(pan([100, 200], FULL, 5000), [900, 1000]);
  });

  it('has the extent of the points in view, and of the line where it enters and leaves', () => {
    const curve = { x: [0, 100, 200, 300], y: [10, 0, 4, 8] };
    assert.deepEqual(extentOver([curve], [0, 300]), [0, 10]);
    assert.deepEqual(extentOver([curve], [150, 250]), [2, 6]);
    assert.deepEqual(extentOver([curve], [220, 240]), [4.8, 5.6]);
    assert.deepEqual(extentOver([curve, { x: [230], y: [-1] }], [220, 240]), [-1, 5.6]);
    assert.equal(extentOver([curve], [400, 500]), undefined);
  });
});

describe('keys on a chart', () => {
  const whole: ChartPosition = { shown: FULL, full: FULL, zoom: null, cursor: 500, marks: [20, 500, 700] };
  const zoomed: ChartPosition = { ...whole, shown: [400, 600], zoom: [400, 600] };
  const press = (key: string, position: ChartPosition, modifiers = {}): ReturnType<typeof chartKey> =>
    chartKey({ key, shiftKey: false, ctrlKey: false, metaKey: false, altKey: false, ...modifiers }, position);

  it('zoom about the cursor, and show all again', () => {
    assert.deepEqual(press('+', whole), { cursor: 500, near: 5, zoom: [250, 750] });
    assert.deepEqual(press('-', zoomed), { cursor: 500, near: 1, zoom: [300, 700] });
    assert.deepEqual(press('0', zoomed), { cursor: 500, near: 1, zoom: null });
    assert.deepEqual(press('Home', zoomed), { cursor: 500, near: 1, zoom: null });
    assert.deepEqual(press('Escape', zoomed), { leave: true });
  });

  it('read values on the whole, and while it is zoomed pan, or read with Shift', () => {
    assert.deepEqual(press('ArrowRight', whole), { cursor: 510, near: 5 });
    assert.deepEqual(press('ArrowRight', zoomed), { cursor: 520, near: 1, zoom: [420, 620] });
    assert.deepEqual(press('ArrowLeft', zoomed, { shiftKey: true }), { cursor: 498, near: 1 });
    assert.deepEqual(press('Home', whole), { cursor: 0, near: 5 });
  });

  it('go to the marks, and take what is shown along', () => {
    assert.deepEqual(press('m', whole), { cursor: 700, near: 5 });
    assert.deepEqual(press('m', zoomed), { cursor: 700, near: 1, zoom: [500, 700] });
    assert.deepEqual(press('M', whole, { shiftKey: true }), { cursor: 20, near: 5 });
    assert.equal(press('m', { ...whole, cursor: 800 }), undefined);
  });

  it('are the window’s with Ctrl, Alt or ⌘', () => {
    assert.equal(press('+', whole, { ctrlKey: true }), undefined);
    assert.equal(press('0', zoomed, { metaKey: true }), undefined);
  });
});
