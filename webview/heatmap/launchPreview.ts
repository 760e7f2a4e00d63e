import type { ImportanceFile } from '../../src/shared/method/importance';
import { configName, launchText } from '../../src/shared/launch/launchConfig';
import { computeHere, isCompute } from '../../src/shared/launch/computeForm';
import {
  fieldText,
  isFiles,
  isTextSetting,
  type FormField,
  type FormReading,
  type LaunchForm,
} from '../../src/shared/launch/launchForm';
import type { PlanPrice } from '../../src/shared/launch/planPrice';
import type { LaunchContext } from '../../src/shared/webview/heatmap';
import { l10n } from '../common/l10n';
import type { LaunchPreview } from './launchFormView';
import {
  computeLabel,
  countText,
  fileLabel,
  layersText,
  listed,
  settingLabel,
  textSettingLabel,
} from './texts';

export interface LaunchFacts {
  readonly form: LaunchForm;
  readonly reading: FormReading;
  /** Everything that stands against a launch. */
  readonly problems: ReadonlyMap<FormField, string>;
  readonly marked: readonly number[];
  readonly importance: ImportanceFile;
  /** Path of the importance.json. */
  readonly file: string;
  readonly launch: LaunchContext;
  readonly price: PlanPrice;
}

/** What a launch would do, in a sentence and as the file that would be written. */
export function previewOf(facts: LaunchFacts): LaunchPreview {
  const { form, reading, problems, marked, importance, launch } = facts;
  const { folders, engines } = launch;
  // The host found that another run has it.
  const isTaken = problems.has('name') && !reading.problems.has('name');
  const fields = [...problems.keys()].filter((field) => !(field === 'name' && isTaken));
  const isEmpty = (field: FormField): boolean => fieldText(form, field).trim() === '';
  const [empty, wrong] = [fields.filter(isEmpty), fields.filter((field) => !isEmpty(field))];
  const missing = [
    ...(marked.length === 0 ? [l10n.t('mark at least one layer')] : []),
    ...(isTaken ? [l10n.t('choose another name')] : []),
    ...(empty.length === 0 ? [] : [l10n.t('complete {0}', listed(empty.map(labelOf)))]),
    ...(wrong.length === 0 ? [] : [l10n.t('correct {0}', listed(wrong.map(labelOf)))]),
  ];
  if (folders === null || missing.length > 0) {
    const steps = folders === null ? [...missing, l10n.t('open a folder')] : missing;
    const reason = l10n.t('Before tuning can start: {0}.', listed(steps));
    return { ready: false, reason, wrong: wrong.length };
  }
  const { path } = importance.model;
  return {
    ready: true,
    sentence: sentenceOf(facts),
    file: `${folders.folder.replace(/[\\/]$/, '')}${folders.folder.includes('\\') ? '\\' : '/'}${configName(reading.name)}`,
    text: launchText({
      reading,
      model: path,
      importance: facts.file,
      probe: { ...importance.probe, sources: launch.probe ?? importance.probe.sources },
      layers: marked,
      compute: computeHere(reading.compute, engines),
      folders,
    }),
  };
}

/** A field's label as it stands in a sentence. */
function labelOf(field: FormField): string {
  if (field === 'name') {
    return l10n.t('the name');
  }
  if (isCompute(field)) {
    return `“${computeLabel(field)}”`;
  }
  if (field === 'answers') {
    return `“${l10n.t('Answers to prompts')}”`;
  }
  const label = isFiles(field)
    ? fileLabel(field)
    : isTextSetting(field)
      ? textSettingLabel(field)
      : settingLabel(field);
  return `“${label}”`;
}

function sentenceOf({ reading, marked, price }: LaunchFacts): string {
  const { steps, maxGeneralRise, onGeneralRise } = reading.settings;
  const files = listed(
    reading.files.domain.map((path) => path.replace(/[\\/]+$/, '').replace(/^.*[\\/]/, '')),
  );
  const what = l10n.t('Copy {0}', layersText(marked));
  const train = price.known
    ? l10n.t('train {0} parameters', countText(price.estimate.parametersTrained))
    : l10n.t('train the copies');
  const run = l10n.t('{0}, {1} for {2} steps on {3}.', what, train, countText(Number(steps)), files);
  return maxGeneralRise === undefined
    ? run
    : `${run} ${limitSentence(String(maxGeneralRise), onGeneralRise)}`;
}

function limitSentence(limit: string, action: string | number | undefined): string {
  if (action === 'lower') {
    return l10n.t('Lower the learning rate when general loss has risen by more than {0} nats.', limit);
  }
  if (action === 'freeze') {
    return l10n.t('Freeze the worst units when general loss has risen by more than {0} nats.', limit);
  }
  if (action === 'rollBack') {
    return l10n.t(
      'Go back to the last good checkpoint when general loss has risen by more than {0} nats.',
      limit,
    );
  }
  return l10n.t('Stop when general loss has risen by more than {0} nats.', limit);
}
