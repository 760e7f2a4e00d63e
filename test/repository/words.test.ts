import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { projectRoot } from '../support/projectRoot';

/** Private metaphors, as a pattern each, and the field's word for what they stood for. */
const WORDS: readonly (readonly [RegExp, string])[] = [
  [/\bstations?\b|Station(?!ary)/, 'run lease'],
  [/\bwish(es)?\b|Wish/, 'control request'],
  [/\bsteer|Steer/, 'control'],
  [/\bbreathe|Breathe/, 'yield to the event loop'],
  [/\bshel(f|ves)\b|Shelf/, 'corpus cache'],
  [/\bdesks?\b|Desk(?!top)/, 'launch state'],
  [/FrozenStates|KnownStates/, 'activation cache'],
  [/\bkeeper|Keeper/, 'checkpointer'],
  [/ForgettingWatch|watched text/, 'forgetting monitor, evaluation text'],
  [/ImportanceTrust|how sure/i, 'confidence'],
  [/StableChoice/, 'early stopping'],
  [/SequenceShares/, 'per-sequence contributions'],
  [/\bremed(y|ies)\b|Remed(y|ies)/, 'response, advice'],
  [/\bverdict|Verdict/, 'violation, check'],
  [/last words?\b/, 'last log lines, terminal event'],
  [/RunHead\b/, 'run summary'],
  [/RunPicture/, 'snapshot'],
  [/\bsurvey|Survey/, 'scan'],
  [/surroundings/i, 'context'],
  [/rest timer/i, 'debounce'],
  [/\bpresence\b|Presence/, 'heartbeat'],
  [/\b_?beat\b|BEAT(?<!HEARTBEAT)/, 'heartbeat'],
  [/UnnamedFile/i, 'scratch file'],
  [/\bcompanions?\b|Companion/, 'auxiliary files'],
  [/\bholders?\b|(?<!place)Holder/, 'parameter slot'],
  [/\bwiden|Widen/, 'upcast'],
  [/\bworthless|\bbought\b/, 'prunable, contributed'],
  [/\bstranger|\brivals?\b/i, 'unknown layer, other process'],
  [/fromAllOver/, 'evenly spaced'],
  [/\b(private|readonly|const|let|interface|class|type) _?[pP]laces?\b/, 'path, position, index'],
  [/(?<!In)(?<=[a-z])Places?\b|\b(_|this\.|self\.)places?\b/, 'path, position, index'],
];

/** Where one of them is a contract, plain English or somebody else's text. */
const EXCEPTIONS: readonly (readonly [file: RegExp, line: RegExp])[] = [
  // The log's `about` of an event: written in events.ndjson, and from there the kind of a mark.
  [
    /./,
    /'remedy'|\bremedy: |\bremedy[ ,.})]|\bRemedy\b|remedyOf|remedyTitle|remedyDetails|mark-remedy|\.remedy\b/,
  ],
  // Stories of the sample.
  [/^scripts\/sample\/|^test\/bench\/generation\/texts/, /./],
  // This list.
  [/^test\/repository\/words\.test\.ts$/, /./],
];

const READ = [
  'src',
  'webview',
  'scripts',
  'python',
  'test',
  'docs',
  'l10n',
  'README.md',
  'CONTRIBUTING.md',
  'package.json',
  'package.nls.json',
];
const TEXT = /\.(ts|mjs|py|cc|h|css|md|json)$/;
/** Texts of others: tokenizers, models' configurations, reference values, recorded runs. */
const OF_OTHERS =
  /golden|fixtures|recordedRun|sampleBoth|stories260K|publicConfigs|l10n\.zh-cn|harness\/|bench\/.*\.json$/;

it('names things by the field’s terms, in identifiers, comments and texts', () => {
  const files = execFileSync('git', ['ls-files', ...READ], { cwd: projectRoot, encoding: 'utf8' })
    .split('\n')
    .filter((file) => TEXT.test(file) && !OF_OTHERS.test(file));
  assert.ok(files.length > 500, `only ${files.length} files were read`);
  const found = files.flatMap((file) =>
    readFileSync(join(projectRoot, file), 'utf8')
      .split('\n')
      .flatMap((line, index) =>
        WORDS.filter(([word]) => word.test(line))
          .filter(() => !EXCEPTIONS.some(([where, what]) => where.test(file) && what.test(line)))
          .map(
            ([word, term]) =>
              `${file}:${index + 1}: ${word.exec(line)?.[0] ?? ''}, rather ${term}: ${line.trim().slice(0, 100)}`,
          ),
      ),
  );
  assert.deepEqual(found, []);
});
