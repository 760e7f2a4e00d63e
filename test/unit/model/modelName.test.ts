import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { modelName } from '../../../src/shared/model/modelName';

describe('what people call a model', () => {
  for (const [path, name] of [
    ['/data/models/SmolLM2-135M', 'SmolLM2-135M'],
    ['/data/models/SmolLM2-135M/', 'SmolLM2-135M'],
    ['C:\\models\\Qwen3', 'Qwen3'],
    ['/media/sample/model', 'sample-model'],
    ['/model', 'model'],
    ['model', 'model'],
    ['./model', 'model'],
    ['/work/.adept/runs/notes/export', 'notes-export'],
    ['/', '/'],
    ['/home/me/.cache/huggingface/hub/models--Qwen--Qwen3-0.6B-Base/snapshots/da87bf/', 'Qwen3-0.6B-Base'],
    ['C:\\hub\\models--org--a--b\\snapshots\\abc', 'a--b'],
  ] as const) {
    it(`is ${name} for ${path}`, () => {
      assert.equal(modelName(path), name);
    });
  }
});
