import type { FloatType } from '../../../shared/model/floatType';
import type { NamedText } from '../../../shared/run/runTexts';
import type { TextLosses } from '../../../shared/run/losses';
import type { TuneSettings } from '../../../shared/settings/tuneSettings';
import { TUNE_SETTINGS } from '../../../shared/settings/tuneSettings';
import type { Setting } from '../../../shared/settings/settingTable';
import { writeFrontMatter } from './frontMatter';
import type { SourceCard } from './sourceCard';

/** All that a model card says; nothing of it names the machine. */
export interface CardFacts {
  readonly source: SourceCard;
  readonly version: string;
  readonly type: FloatType;
  readonly parameters: number;
  readonly step: number;
  readonly tune: TuneSettings;
  /** Layers of the exported model, with the source's layer that each is a copy of; undefined where every parameter was trained. */
  readonly copies: readonly { readonly layer: number; readonly source: number }[] | undefined;
  /** Of the source. */
  readonly sourceLayers: number;
  /** How many copies were left out, and the strength of the others. */
  readonly dropped: number;
  readonly alpha: number;
  readonly texts: readonly NamedText[];
  /** Names of the texts that were trained on, as the Hub lists datasets. */
  readonly datasets: readonly string[];
  readonly losses: { readonly before: TextLosses; readonly after: TextLosses | undefined };
  /** What the two losses were measured on. */
  readonly measuredOn: { readonly domain: string; readonly general: string };
  /** The file name of the picture of importance, where it was measured. */
  readonly picture: string | undefined;
}

/** Settings that say how and where a run computed and saved, not what it trained. */
const TECHNICAL: ReadonlySet<string> = new Set([
  'saveEvery',
  'evalEvery',
  'keepStates',
  'frozenWeights',
  'maxEvalSequences',
]);
const ALWAYS: ReadonlySet<string> = new Set(['batchSize', 'gradAccum', 'seqLen', 'unitRates']);

/** The README.md of an exported model, with the metadata that the Hub reads. */
export function modelCard(facts: CardFacts): string {
  return [
    metadata(facts),
    `# ${plain(facts.source.name)}, continued with ADEPT`,
    introduction(facts),
    '## Losses',
    lossSection(facts),
    ...layerSection(facts),
    '## Training',
    trainingSection(facts),
    '## Use',
    USE,
    '## Citation',
    'The method is by the authors of this paper:',
    `\`\`\`bibtex\n${CITATION}\n\`\`\``,
    '',
  ]
    .join('\n\n')
    .trimEnd()
    .concat('\n');
}

function metadata({ source, datasets }: CardFacts): string {
  return writeFrontMatter(
    new Map<string, string | readonly string[]>([
      ...source.license,
      ['language', source.languages],
      ['library_name', 'transformers'],
      ['pipeline_tag', 'text-generation'],
      ['base_model', source.baseModel],
      ['base_model_relation', 'finetune'],
      ['datasets', datasets],
      ['tags', ['adept', 'continual-pretraining']],
    ]),
  ).trimEnd();
}

function introduction(facts: CardFacts): string {
  const { source, copies, sourceLayers, dropped, alpha, parameters, type, version } = facts;
  const name = source.onHub ? `[${source.name}](https://huggingface.co/${source.name})` : code(source.name);
  const copied = (copies?.length ?? 0) + dropped;
  const how =
    copies === undefined
      ? `This is ${name}, all of whose parameters were trained further on domain text.`
      : `This is ${name}, continued on domain text: ${copied} of its ${sourceLayers} layers ${copied === 1 ? 'was' : 'were'} copied, and only the copies were trained.`;
  const left =
    dropped === 0 ? '' : ` ${dropped} of the copies ${dropped === 1 ? 'is' : 'are'} left out here.`;
  const scaled = alpha === 1 ? '' : ` What the copies add is scaled by α = ${alpha}.`;
  return [
    `${how}${left}${scaled}`,
    `Made with ADEPT for VS Code ${version}, an implementation of [ADEPT](https://arxiv.org/abs/2510.10071): ${methodText(facts)}.`,
    `${parameters.toLocaleString('en')} parameters, in ${type}.`,
  ].join('\n\n');
}

/** What of the method was used. */
function methodText({ copies, tune }: CardFacts): string {
  const rates =
    tune.unitRates === 'equal'
      ? 'trained with one learning rate'
      : 'trained with a learning rate for each unit, lower where the unit is more important';
  return copies === undefined
    ? `every parameter is ${rates}`
    : `layers are duplicated without changing what the model computes, and the duplicates are ${rates}`;
}

function lossSection({ losses, measuredOn, type }: CardFacts): string {
  const { before, after } = losses;
  const row = (kind: keyof TextLosses, text: string, on: string): string => {
    const [from, to] = [before[kind], after?.[kind] ?? null];
    const change = from === null || to === null ? '–' : signed(to - from);
    return `| ${text} | ${on} | ${nats(from)} | ${nats(to)} | ${change} |`;
  };
  const about =
    after === undefined
      ? 'Nats per token, lower is better. The exported files were not measured.'
      : `Nats per token, lower is better. *After* is of the exported files, in ${type}; *before* of the source model.`;
  return [
    about,
    [
      '| text | measured on | before | after | change |',
      '|---|---|---:|---:|---:|',
      row('domainLoss', 'domain', measuredOn.domain),
      row('generalLoss', 'general', measuredOn.general),
    ].join('\n'),
  ].join('\n\n');
}

function layerSection({ copies, picture }: CardFacts): string[] {
  const table =
    copies === undefined || copies.length === 0
      ? []
      : [
          [
            '| layer | copy of the source’s layer |',
            '|---:|---:|',
            ...copies.map(({ layer, source }) => `| ${layer} | ${source} |`),
          ].join('\n'),
        ];
  const shown =
    picture === undefined
      ? []
      : [
          `![Importance of every layer and unit of the source model](${picture})`,
          '*Importance of every layer and unit of the source model, by rank, measured on general text.*',
        ];
  return table.length + shown.length === 0 ? [] : ['## Layers', ...table, ...shown];
}

function trainingSection({ tune, step, texts }: CardFacts): string {
  const tokens = step * tune.batchSize * tune.gradAccum * tune.seqLen;
  const table: Readonly<Record<string, Setting>> = TUNE_SETTINGS;
  const settings = Object.entries<unknown>(tune).filter(([name, value]) => {
    const setting = table[name];
    return (
      !TECHNICAL.has(name) &&
      value !== undefined &&
      (ALWAYS.has(name) || setting?.default === undefined || setting.default !== value)
    );
  });
  return [
    `Exported after ${countText(step, 'step')}: ${tokens.toLocaleString('en')} tokens at most. Settings that are not listed have their defaults.`,
    [
      '| setting | value |',
      '|---|---|',
      ...settings.map(([name, value]) => `| ${code(name)} | ${code(String(value))} |`),
    ].join('\n'),
    [
      '| text | files |',
      '|---|---|',
      ...texts.map(({ role, names }) => `| ${role} | ${fileNames(names)} |`),
    ].join('\n'),
  ].join('\n\n');
}

const USE = `\`\`\`python
from transformers import AutoModelForCausalLM, AutoTokenizer

folder = "."  # this folder, or the name of its repository
tokenizer = AutoTokenizer.from_pretrained(folder)
model = AutoModelForCausalLM.from_pretrained(folder, dtype="auto")
inputs = tokenizer("Once upon a time", return_tensors="pt")
print(tokenizer.decode(model.generate(**inputs, max_new_tokens=40)[0]))
\`\`\``;

/** As the project's README has it. */
const CITATION = `@misc{zhang2025adept,
  title         = {{ADEPT}: Continual Pretraining via Adaptive Expansion and Dynamic Decoupled Tuning},
  author        = {Zhang, Jinyang and Fang, Yue and Ding, Hongxin and Liao, Weibin and Ye, Muyang and Chu, Xu and
                   Zhao, Junfeng and Wang, Yasha},
  year          = {2025},
  eprint        = {2510.10071},
  archivePrefix = {arXiv},
  primaryClass  = {cs.LG}
}`;

const SHOWN_NAMES = 10;

/** Names in code, those beyond the first ten counted. */
export function fileNames(names: readonly string[]): string {
  const shown = names.slice(0, SHOWN_NAMES).map(code).join(', ');
  return names.length > SHOWN_NAMES ? `${shown} and ${names.length - SHOWN_NAMES} more` : shown;
}

function nats(loss: number | null): string {
  return loss === null ? '–' : loss.toFixed(5);
}

function signed(change: number): string {
  return `${change > 0 ? '+' : change < 0 ? '−' : ''}${Math.abs(change).toFixed(5)}`;
}

function countText(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
}

/** Inline code in a table's cell, whatever is in it. */
function code(text: string): string {
  const line = text.replace(/[\r\n\t]+/g, ' ').replaceAll('|', '\\|');
  const longest = Math.max(0, ...(line.match(/`+/g) ?? []).map(({ length }) => length));
  const fence = '`'.repeat(longest + 1);
  const space = /^`|`$/.test(line) ? ' ' : '';
  return `${fence}${space}${line}${space}${fence}`;
}

/** A name in running text, which is no markup. */
function plain(text: string): string {
  return text.replace(/[\r\n\t]+/g, ' ').replace(/[\\`*_{}[\]<>#|]/g, '\\$&');
}
