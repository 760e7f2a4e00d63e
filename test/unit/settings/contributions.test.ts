import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { toJsonSchema } from '@valibot/to-json-schema';
import { CORPUS_ENDINGS } from '../../../src/node/texts/corpusForm';
import { ASSISTANT_TOOLS, type AssistantToolFacts } from '../../../src/shared/contributions/assistantTools';
import { COMMANDS } from '../../../src/shared/contributions/extensionCommands';
import { EXTENSION_SETTINGS } from '../../../src/shared/contributions/extensionSettings';
import { isSelection } from '../../../src/extension/runs/selectedRun';
import { projectRoot } from '../../support/projectRoot';

interface Manifest {
  readonly engines: { readonly vscode: string };
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly icon: string;
  readonly capabilities: { readonly untrustedWorkspaces: { readonly restrictedConfigurations: string[] } };
  readonly contributes: {
    readonly commands: readonly { readonly command: string }[];
    readonly menus: Readonly<Record<string, readonly { readonly command: string; readonly when?: string }[]>>;
    readonly configuration: { readonly properties: Readonly<Record<string, unknown>> };
    readonly keybindings: readonly {
      readonly command: string;
      readonly when: string;
      readonly args?: unknown;
    }[];
    readonly languageModelTools: readonly unknown[];
    readonly colors: readonly { readonly id: string }[];
    readonly viewsContainers: { readonly activitybar: readonly { readonly icon: string }[] };
    readonly walkthroughs: readonly {
      readonly steps: readonly { readonly media: { readonly svg: string } }[];
    }[];
  };
}

function readJson(name: string): unknown {
  return JSON.parse(readFileSync(join(projectRoot, name), 'utf8'));
}

const manifest = readJson('package.json') as Manifest;
const strings = readJson('package.nls.json') as Readonly<Record<string, string>>;

/** A value with every `%key%` in it replaced by its English text. */
function inEnglish(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (_key, part: unknown) => {
    const key = typeof part === 'string' ? /^%(.+)%$/.exec(part)?.[1] : undefined;
    return key === undefined ? part : strings[key];
  });
}

describe('package.json as the extension’s manifest', () => {
  it('contributes exactly the commands of the table, in the category ADEPT', () => {
    const expected = Object.entries(COMMANDS).map(([command, facts]) => ({
      command,
      title: facts.title,
      category: 'ADEPT',
      ...('icon' in facts ? { icon: facts.icon } : {}),
    }));
    assert.deepEqual(inEnglish(manifest.contributes.commands), expected);
  });

  it('shows a command in the palette where the table says it can run', () => {
    const expected = Object.entries(COMMANDS).flatMap(([command, facts]) =>
      'palette' in facts ? [{ command, when: facts.palette }] : [],
    );
    assert.deepEqual(manifest.contributes.menus.commandPalette, expected);
  });

  it('offers no command that needs trust where the workspace has none', () => {
    for (const [menu, items] of Object.entries(manifest.contributes.menus)) {
      for (const { command, when } of items) {
        const facts = Object.entries(COMMANDS).find(([id]) => id === command)?.[1];
        assert.ok(facts !== undefined, `${menu}: ${command} is no command`);
        const offered = when !== 'false';
        assert.ok(
          !offered || !facts.needsTrust || when?.includes('isWorkspaceTrusted'),
          `${menu}: ${command}`,
        );
      }
    }
  });

  it('has keys in a view for what is selected there, and nowhere else', () => {
    for (const { command, when, args } of manifest.contributes.keybindings) {
      assert.ok(command in COMMANDS, command);
      const view = /^focusedView == (adept\.\w+) && listFocus && !inputFocus/.exec(when)?.[1];
      assert.ok(view !== undefined && when.endsWith('isWorkspaceTrusted'), `${command}: ${when}`);
      // The checkpoints are asked for their selection; runs are named to the command.
      assert.equal(isSelection(args), view === 'adept.runs', command);
    }
  });

  it('offers the preview of a text on every file whose name ends as one', () => {
    const when = manifest.contributes.menus['explorer/context']?.find(
      ({ command }) => command === 'adept.previewText',
    )?.when;
    const endings = CORPUS_ENDINGS.map((ending) => ending.slice(1)).join('|');
    assert.ok(when !== undefined);
    assert.ok(when.includes(`\\.(${endings})$/i`), when);
    assert.ok(when.includes('explorerResourceIsFolder'));
  });

  it('contributes exactly the settings of the table', () => {
    const expected = Object.entries(EXTENSION_SETTINGS).map(([name, facts], index) => [
      name,
      {
        ...withoutDialect(toJsonSchema(facts.schema)),
        default: facts.default,
        scope: facts.scope,
        order: index + 1,
        markdownDescription: facts.description,
        ...('choices' in facts ? { markdownEnumDescriptions: facts.choices } : {}),
      },
    ]);
    assert.deepEqual(inEnglish(manifest.contributes.configuration.properties), Object.fromEntries(expected));
  });

  it('ignores every setting of an untrusted workspace', () => {
    assert.deepEqual(
      manifest.capabilities.untrustedWorkspaces.restrictedConfigurations,
      Object.keys(EXTENSION_SETTINGS),
    );
  });

  it('contributes exactly the tools of the table, with the schemas that parse their input', () => {
    const expected = Object.entries(ASSISTANT_TOOLS).map(([name, facts]) => ({
      name,
      displayName: facts.title,
      userDescription: facts.description,
      toolReferenceName: facts.reference,
      // Without it nobody can ask for the tool, and without a reference VS Code refuses the tool.
      canBeReferencedInPrompt: true,
      icon: facts.icon,
      modelDescription: facts.forModel,
      when: facts.when,
      tags: ['adept'],
      inputSchema: withoutDialect(toJsonSchema(facts.input, { typeMode: 'input', target: 'draft-07' })),
    }));
    assert.deepEqual(inEnglish(manifest.contributes.languageModelTools), expected);
  });

  it('offers few tools, only where ADEPT is used, and none that acts where the workspace has no trust', () => {
    const tools: [string, AssistantToolFacts][] = Object.entries(ASSISTANT_TOOLS);
    // Assistants take 128 tools of all extensions together.
    assert.ok(tools.length <= 8);
    for (const [name, { when, needsTrust, input }] of tools) {
      assert.match(when, /\badept\.(activated|hasRun|training|hasCheckpoint)\b/, name);
      assert.equal(when.includes('isWorkspaceTrusted'), needsTrust, name);
      // Providers of language models take an object without alternatives.
      assert.equal(input.type, 'strict_object', name);
    }
  });

  it('has a text for every key, and no text that nothing uses', () => {
    const used = [...JSON.stringify(manifest).matchAll(/"%([^"%]+)%"/g)].map(([, key]) => key);
    assert.deepEqual([...new Set(used)].sort(), Object.keys(strings).sort());
    assert.ok(used.length > 40);
  });

  it('names pictures that exist', () => {
    const { viewsContainers, walkthroughs } = manifest.contributes;
    const pictures = [
      manifest.icon,
      ...viewsContainers.activitybar.map(({ icon }) => icon),
      ...walkthroughs.flatMap(({ steps }) => steps.map(({ media }) => media.svg)),
    ];
    assert.ok(pictures.length >= 6);
    assert.deepEqual(
      pictures.filter((picture) => !existsSync(join(projectRoot, picture))),
      [],
    );
  });

  it('names colours so that webviews get them: VS Code makes a hyphen of the first dot only', () => {
    const ids = manifest.contributes.colors.map(({ id }) => id);
    assert.ok(ids.length > 0);
    assert.deepEqual(
      ids.filter((id) => !/^adept\.[a-zA-Z]+$/.test(id)),
      [],
    );
  });

  it('is typed by the oldest VS Code that it runs in', () => {
    const types = manifest.devDependencies['@types/vscode'];
    assert.equal(manifest.engines.vscode, `^${types ?? ''}`);
  });
});

/** A JSON schema without the line that says which dialect it is in. */
function withoutDialect({ $schema, ...rest }: { $schema?: string }): object {
  assert.ok($schema === undefined || $schema.includes('json-schema.org'));
  return rest;
}
