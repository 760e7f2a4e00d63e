import js from '@eslint/js';
import tseslint from 'typescript-eslint';

const tensors = { group: ['@tensorflow/*'], message: 'Tensors live in src/trainer/tfjs/engine.' };
const tfjs = {
  group: ['**/tfjs/**'],
  message: 'What decides asks an executor (src/trainer/executor), whichever that is.',
};
const torch = {
  group: ['**/torch/**'],
  message: 'What decides asks an executor (src/trainer/executor), whichever that is.',
};
const vscode = { group: ['vscode'], message: 'Only src/extension talks to VS Code.' };

export default tseslint.config(
  { ignores: ['src/forbidden.d.ts', 'out/', 'node_modules/', '.cache/', 'media/sample/'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    languageOptions: {
      parserOptions: {
        project: 'tsconfig.lint.json',
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      curly: 'error',
      eqeqeq: 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
      'no-restricted-imports': ['error', { patterns: [tensors, vscode] }],
    },
  },
  {
    files: ['src/trainer/**/*.ts'],
    ignores: ['src/trainer/tfjs/**', 'src/trainer/openExecutor.ts'],
    rules: { 'no-restricted-imports': ['error', { patterns: [tensors, tfjs, torch, vscode] }] },
  },
  {
    files: ['src/trainer/tfjs/engine/**/*.ts'],
    rules: { 'no-restricted-imports': ['error', { patterns: [vscode] }] },
  },
  {
    files: ['src/extension/**/*.ts', 'test/host/suite/**/*.ts'],
    rules: { 'no-restricted-imports': ['error', { patterns: [tensors] }] },
  },
  {
    files: ['src/extension/**/*.ts'],
    ignores: ['src/extension/window/questions.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        {
          property: 'showQuickPick',
          message: 'Ask with pickItem: its question stays where a panel takes the focus.',
        },
        {
          property: 'showInputBox',
          message: 'Ask with askText: its question stays where a panel takes the focus.',
        },
      ],
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      // node:test's describe() and it() return promises that the runner itself awaits.
      '@typescript-eslint/no-floating-promises': [
        'error',
        {
          allowForKnownSafeCalls: [
            {
              from: 'package',
              package: 'node:test',
              name: ['describe', 'it', 'test', 'suite', 'before', 'after'],
            },
          ],
        },
      ],
    },
  },
  {
    files: ['**/*.mjs'],
    languageOptions: {
      globals: {
        performance: 'readonly',
        Buffer: 'readonly',
        process: 'readonly',
        console: 'readonly',
        AbortController: 'readonly',
        URL: 'readonly',
        setTimeout: 'readonly',
      },
    },
  },
);
