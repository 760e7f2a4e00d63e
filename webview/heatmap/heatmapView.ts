import * as v from 'valibot';
import { SCALE_KINDS } from '../../src/shared/heatmap/heatScale';
import { BudgetTexts, NO_BUDGET } from '../../src/shared/launch/planBudget';
import { LaunchForm } from '../../src/shared/launch/launchForm';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** Parts of the page that are closed until somebody opens them. */
const FOLDS = ['proposals', 'quadrants', 'groups'] as const;
export type Fold = (typeof FOLDS)[number];

/** Parts of the launch form that are closed until somebody opens them. */
const FORM_PARTS = ['more-settings', 'rate-settings', 'text-settings'] as const;
export type FormPart = (typeof FORM_PARTS)[number];

const NO_NAMES = { proposed: '', launched: '' };

/** What the page finds again after it was hidden or VS Code was restarted. */
export const HeatmapView = v.object({
  scale: v.picklist(SCALE_KINDS),
  normsApart: v.boolean(),
  order: v.object({
    by: v.union([v.literal('number'), v.object({ column: count })]),
    descending: v.boolean(),
  }),
  /** Layers marked for expansion, ascending. */
  marked: v.array(count),
  /** How many layers to suggest, as typed. */
  lowest: v.string(),
  /** By which rule. */
  suggestBy: v.optional(v.picklist(['general', 'contrast']), 'general'),
  /** The column that layers are placed by in the picture of general × domain importance. */
  quadrantColumn: v.optional(count, 0),
  /** The unit whose groups are shown; any where it is empty. */
  groupsUnit: v.optional(v.string(), ''),
  /** What a person has of memory, time and inference speed, as typed. */
  budget: v.optional(BudgetTexts, NO_BUDGET),
  budgetOpen: v.optional(v.boolean(), false),
  folds: v.optional(v.array(v.picklist(FOLDS)), []),
  formParts: v.optional(v.array(v.picklist(FORM_PARTS)), []),
  asTable: v.boolean(),
  /** Null before there is anything to show. */
  // What was typed into the form of another version is not worth all the rest.
  form: v.fallback(v.nullable(LaunchForm), null),
  /** The names that were proposed and launched last: nobody chose them for another run. */
  usedNames: v.optional(v.object({ proposed: v.string(), launched: v.string() }), NO_NAMES),
  scroll: v.object({ page: v.number(), grid: v.number() }),
});
export type HeatmapView = v.InferOutput<typeof HeatmapView>;

export const FIRST_VIEW: HeatmapView = {
  scale: 'rank',
  normsApart: true,
  order: { by: 'number', descending: false },
  marked: [],
  lowest: '2',
  suggestBy: 'general',
  quadrantColumn: 0,
  groupsUnit: '',
  budget: NO_BUDGET,
  budgetOpen: false,
  folds: ['proposals'],
  formParts: [],
  asTable: false,
  form: null,
  usedNames: NO_NAMES,
  scroll: { page: 0, grid: 0 },
};
