import { basename } from 'node:path';
import * as vscode from 'vscode';
import { engineState } from '../../node/engines/engineState';
import { readModelOutline } from '../../node/model/modelConfig';
import { parametersOf } from '../../node/model/modelFolder';
import { durationText } from '../../shared/common/durationText';
import { numberOfText } from '../../shared/common/numberText';
import { EngineChoice } from '../../shared/config/runConfig';
import { slowEngineText } from '../../shared/engines/slowEngine';
import { engineName, engineText, isSetUp } from '../../shared/engines/engineState';
import type { ImportanceMode } from '../../shared/method/importance';
import { modelName } from '../../shared/model/modelName';
import { ANALYZE_SETTINGS } from '../../shared/settings/analyzeSettings';
import type { Services } from '../services/services';
import { textName } from '../texts/textName';
import { shortPath } from '../window/folders';
import { askOne, StepInput } from '../window/multiStep';
import { readSetting } from '../window/settings';
import { costKey, measureCost, secondsOf, TRIAL_SEQUENCES, type MeasuredCost } from './analysisCost';
import type { Answers } from './answers';
import { askForModel } from './modelQuestion';
import { askForProbe, askForTexts } from './textQuestion';
import { askText } from '../window/questions';

/** Sequences over which the least important layers have to stay the same. */
export const STABLE_FOR = 16;

interface Row extends vscode.QuickPickItem {
  /** Asks for it again; what has none starts the analysis. */
  readonly edit?: () => Promise<void>;
}

/** Everything that was chosen on one page, each part of which can be changed, with what it costs. */
export class Review {
  private readonly costs = new Map<string, MeasuredCost>();
  /** The row that was changed last, where the person still is. */
  private last: string | undefined;

  constructor(
    private readonly services: Services,
    private readonly title: string,
    readonly answers: Answers,
    /** What the caller has said, which is not to be changed. */
    private readonly isFixed: { readonly model: boolean; readonly probe: boolean },
  ) {}

  /** Shows it until the person starts. @throws vscode.CancellationError when the person left. */
  async show(): Promise<void> {
    for (;;) {
      const [row] = await askOne<Row>(this.title, {
        placeholder: vscode.l10n.t('Press Enter to start, or select what is to be changed'),
        items: this.rows(),
        isChosen: ({ label }) => label === this.last,
      });
      if (row?.edit === undefined) {
        return;
      }
      this.last = row.label;
      try {
        await row.edit();
      } catch (error) {
        // Whoever leaves a question comes back to this page.
        if (!(error instanceof vscode.CancellationError)) {
          throw error;
        }
      }
    }
  }

  private rows(): Row[] {
    const { l10n } = vscode;
    const { answers, isFixed } = this;
    const { model = '', probe, domain, mode, seqLen } = answers;
    const texts = (files: readonly string[]): string => (files.length === 0 ? '' : textName(files));
    const cost = this.cost();
    return [
      {
        label: l10n.t('Analyze'),
        iconPath: new vscode.ThemeIcon('play'),
        description: cost.text,
        alwaysShow: true,
      },
      ...(cost.isKnown
        ? []
        : [
            {
              label: l10n.t('Measure the Time'),
              iconPath: new vscode.ThemeIcon('watch'),
              description: l10n.t('on {0} sequences', TRIAL_SEQUENCES),
              edit: () => this.measure(),
            },
          ]),
      ...this.slowEngine(),
      { label: l10n.t('what is analyzed'), kind: vscode.QuickPickItemKind.Separator },
      ...(isFixed.model
        ? []
        : [
            this.row(l10n.t('Model'), `${modelName(model)} · ${shortPath(model)}`, (input) =>
              this.askModel(input),
            ),
          ]),
      ...(isFixed.probe
        ? []
        : [this.row(l10n.t('General text'), texts(probe), (input) => this.askProbe(input))]),
      this.row(
        l10n.t('Domain text'),
        texts(domain) || l10n.t('none; with one, layers that the domain needs are found too'),
        (input) => this.askDomain(input),
      ),
      { label: l10n.t('how'), kind: vscode.QuickPickItemKind.Separator },
      this.row(l10n.t('Sequences'), this.amountText(), (input) => this.askAmount(input)),
      this.row(l10n.t('Sequence length'), l10n.t('{0} tokens', seqLen), () => this.askLength()),
      this.row(
        l10n.t('Importance'),
        mode === 'exact'
          ? l10n.t('exact: how much the loss rises without each layer')
          : l10n.t('fast: an estimate from one pass'),
        (input) => this.askMode(input),
      ),
      this.row(l10n.t('Engine'), this.engineFacts(), (input) => this.askEngine(input)),
    ];
  }

  /** A large model on one thread takes days. */
  private slowEngine(): Row[] {
    const { l10n } = vscode;
    const text = slowEngineText(parametersOf(this.answers.model), this.engine, engineState(), l10n);
    return text === undefined
      ? []
      : [
          {
            label: l10n.t('Slow engine'),
            iconPath: new vscode.ThemeIcon('warning'),
            detail: text,
            edit: () => this.askEngine(new StepInput(`${this.title}: ${l10n.t('Engine')}`, 0, undefined)),
          },
        ];
  }

  private row(label: string, description: string, ask: (input: StepInput) => Promise<void>): Row {
    return {
      label,
      description,
      edit: () => ask(new StepInput(`${this.title}: ${label}`, 0, undefined)),
    };
  }

  private cost(): { readonly text: string; readonly isKnown: boolean } {
    const { l10n } = vscode;
    const { answers } = this;
    const measured = this.costs.get(costKey(this.analysis()));
    if (measured === undefined) {
      return { text: l10n.t('the time is not measured yet'), isKnown: false };
    }
    const { domain, model, ...rest } = answers;
    const seconds = secondsOf(
      {
        ...rest,
        model,
        ...(domain.length === 0 ? {} : { domain }),
        maxSequences: answers.maxSequences ?? undefined,
      },
      measured,
    );
    if (seconds === undefined) {
      return { text: l10n.t('all of a text whose length is not known'), isKnown: true };
    }
    const about = durationText(seconds, (options) => new Intl.NumberFormat(vscode.env.language, options));
    return {
      text: answers.untilStable
        ? l10n.t('at most about {0}, measured on {1} sequences', about, measured.sequences)
        : l10n.t('about {0}, measured on {1} sequences', about, measured.sequences),
      isKnown: true,
    };
  }

  private analysis() {
    const { model = '', probe, mode, seqLen } = this.answers;
    return { model, probe, mode, seqLen, engine: this.engine, out: '' };
  }

  private get engine(): EngineChoice {
    return this.answers.engine ?? readSetting('adept.engine', this.services.log);
  }

  private async measure(): Promise<void> {
    const analysis = this.analysis();
    this.costs.set(costKey(analysis), await measureCost(this.services, analysis));
    this.last = undefined;
  }

  private amountText(): string {
    const { l10n } = vscode;
    const { maxSequences, untilStable } = this.answers;
    if (untilStable) {
      return l10n.t('until the choice no longer changes over {0} sequences', STABLE_FOR);
    }
    return maxSequences === null ? l10n.t('all of the text') : l10n.t('{0}, evenly spaced', maxSequences);
  }

  private engineFacts(): string {
    const { l10n } = vscode;
    return `${engineName(this.engine, l10n)}: ${engineText(this.engine, engineState(), l10n)}`;
  }

  private async askModel(input: StepInput): Promise<void> {
    this.answers.model = await askForModel(this.services, input, this.answers.model);
  }

  private async askProbe(input: StepInput): Promise<void> {
    this.answers.probe = await askForProbe(this.services, input, {
      before: this.answers.probe,
      model: this.answers.model,
    });
  }

  private async askDomain(input: StepInput): Promise<void> {
    this.answers.domain = await askForTexts(this.services, input, {
      placeholder: vscode.l10n.t('Domain text to measure as well (doubles the time), or none'),
      before: this.answers.domain,
      optional: true,
      model: this.answers.model,
    });
  }

  private async askEngine(input: StepInput): Promise<void> {
    const { l10n } = vscode;
    const state = engineState();
    const items = EngineChoice.options.map((engine) => ({
      engine,
      label: engineName(engine, l10n),
      description: engineText(engine, state, l10n),
    }));
    const [picked] = await input.pick({
      placeholder: l10n.t('The compute engine'),
      items,
      isChosen: ({ engine }) => engine === this.engine,
    });
    const engine = picked?.engine ?? 'auto';
    if (!isSetUp(engine, state)) {
      await vscode.commands.executeCommand(engine === 'torch' ? 'adept.setUpTorch' : 'adept.setUpNative');
      if (!isSetUp(engine, engineState())) {
        // Cancelled, or refused with a message of its own: what was chosen before stays.
        return;
      }
    }
    this.answers.engine = engine;
  }

  private async askMode(input: StepInput): Promise<void> {
    const { l10n } = vscode;
    const items: (vscode.QuickPickItem & { mode: ImportanceMode })[] = [
      {
        mode: 'exact',
        label: l10n.t('Exact'),
        description: l10n.t('how much the loss rises without each layer'),
      },
      { mode: 'fast', label: l10n.t('Fast'), description: l10n.t('an estimate from one pass') },
    ];
    const [picked] = await input.pick({
      placeholder: l10n.t('How layer importance is measured'),
      items,
      isChosen: ({ mode }) => mode === this.answers.mode,
    });
    this.answers.mode = picked?.mode ?? 'exact';
    this.answers.untilStable &&= picked?.mode === 'exact';
  }

  private async askAmount(input: StepInput): Promise<void> {
    const { l10n } = vscode;
    const { maxSequences, untilStable, mode } = this.answers;
    const number = {
      label: l10n.t('A number of sequences…'),
      description: l10n.t('evenly spaced over the text'),
    };
    const all = { label: l10n.t('All of the text') };
    const stable = {
      label: l10n.t('Until the choice no longer changes'),
      description: l10n.t('the least important layers, over {0} sequences', STABLE_FOR),
    };
    const before = untilStable ? stable : maxSequences === null ? all : number;
    const [picked] = await input.pick<vscode.QuickPickItem>({
      placeholder: l10n.t('How much of the text is used'),
      items: [number, all, ...(mode === 'exact' ? [stable] : [])],
      isChosen: (item) => item === before,
    });
    if (picked === number) {
      this.answers.maxSequences = await this.askNumber(l10n.t('Sequences'), maxSequences ?? STABLE_FOR, {
        least: 1,
        most: Infinity,
      });
    } else {
      this.answers.maxSequences = null;
    }
    this.answers.untilStable = picked === stable;
  }

  private async askLength(): Promise<void> {
    const { l10n } = vscode;
    const most = readModelOutline(this.answers.model ?? '').maxPositionEmbeddings;
    this.answers.seqLen = await this.askNumber(l10n.t('Sequence length'), this.answers.seqLen, {
      least: ANALYZE_SETTINGS.seqLen.min,
      most,
    });
  }

  private async askNumber(
    what: string,
    value: number,
    { least, most }: { readonly least: number; readonly most: number },
  ): Promise<number> {
    const { l10n } = vscode;
    const text = await askText({
      title: `${this.title}: ${what}`,
      value: String(value),
      validateInput: (input) => {
        const number = numberOfText(input);
        if (number === undefined || !Number.isInteger(number) || number < least) {
          return l10n.t('Give a whole number of at least {0}.', least);
        }
        return number > most
          ? l10n.t('{0} has {1} positions: give as many at most.', basename(this.answers.model ?? ''), most)
          : undefined;
      },
    });
    if (text === undefined) {
      throw new vscode.CancellationError();
    }
    return Number(text);
  }
}
