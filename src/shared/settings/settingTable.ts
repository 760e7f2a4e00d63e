import * as v from 'valibot';
import { omit } from '../common/omit';

/**
 * Every setting of a run, with its default and description, once: command-line options, the schema of *.adept.json
 * and the documentation are derived from these tables.
 */
export type Setting = SettingKind & {
  /** A run that is resumed may go on with another value. */
  readonly changeable?: true;
};

type SettingKind =
  | {
      readonly kind: 'whole';
      readonly default?: number;
      readonly required?: true;
      readonly min: number;
      readonly description: string;
      readonly flag?: string;
    }
  | {
      readonly kind: 'number';
      readonly default?: number;
      readonly required?: true;
      readonly min: number;
      readonly max?: number;
      readonly description: string;
      readonly flag?: string;
    }
  | {
      readonly kind: 'switch';
      readonly default: boolean;
      readonly description: string;
      readonly flag?: string;
    }
  | {
      readonly kind: 'choice';
      readonly default?: string;
      readonly choices: readonly string[];
      readonly description: string;
      readonly flag?: string;
    }
  | {
      readonly kind: 'text';
      readonly default?: string;
      /** What stands for the value in help, for example `NAME`. */
      readonly placeholder: string;
      readonly description: string;
      readonly flag?: string;
    };

export type SettingTable = Readonly<Record<string, Setting>>;

type ValueOf<S extends Setting> = S extends { kind: 'choice'; choices: readonly (infer C)[] }
  ? C
  : S extends { kind: 'switch' }
    ? boolean
    : S extends { kind: 'text' }
      ? string
      : number;

type Certain = { default: unknown } | { required: true };

/** Values of a table: settings with a default and required ones always, the others when given. */
export type SettingValues<T extends SettingTable> = {
  [K in keyof T as T[K] extends Certain ? K : never]: ValueOf<T[K]>;
} & { [K in keyof T as T[K] extends Certain ? never : K]?: ValueOf<T[K]> | undefined };

/** The command-line option of a setting: its own, or the name in kebab case. */
export function flagOf(name: string, setting?: Setting): string {
  return setting?.flag ?? `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** The schema of a setting's value, when one is given. */
export function valueSchema(setting: Setting): v.GenericSchema {
  switch (setting.kind) {
    case 'whole':
      return v.pipe(v.number(), v.integer(), v.minValue(setting.min));
    case 'number': {
      const number = v.pipe(v.number(), v.finite(), v.minValue(setting.min));
      // JSON Schema has no infinity that could stand for no limit.
      return setting.max === undefined ? number : v.pipe(number, v.maxValue(setting.max));
    }
    case 'switch':
      return v.boolean();
    case 'choice':
      return v.picklist(setting.choices);
    case 'text':
      return v.pipe(v.string(), v.minLength(1));
  }
}

function entryOf(setting: Setting): v.GenericSchema {
  const schema = v.pipe(valueSchema(setting), v.description(setting.description));
  return 'required' in setting && setting.required ? schema : v.optional(schema, setting.default);
}

/** The schema of a table: unknown keys are an error, defaults are filled in. */
export function settingsSchema<T extends SettingTable>(table: T): v.GenericSchema<unknown, SettingValues<T>> {
  return settingsSchemaWith(table, {});
}

type OutputOf<E extends v.ObjectEntries> = { readonly [K in keyof E]: v.InferOutput<E[K]> };

/** As {@link settingsSchema}, of an object that holds further keys too. */
export function settingsSchemaWith<T extends SettingTable, E extends v.ObjectEntries>(
  table: T,
  more: E,
): v.GenericSchema<unknown, SettingValues<T> & OutputOf<E>> {
  const entries = Object.fromEntries(
    Object.entries(table).map(([name, setting]) => [name, entryOf(setting)]),
  );
  // The entries are built from the table that SettingValues is derived from, so the output is what the type says.
  return v.strictObject({ ...more, ...entries }) as unknown as v.GenericSchema<
    unknown,
    SettingValues<T> & OutputOf<E>
  >;
}

/**
 * The settings of a table, none of them required or with a default: what is not given stays as it was. A switch that is not
 * given is off, as everywhere.
 */
export function optionalSettings(table: SettingTable): SettingTable {
  return Object.fromEntries(Object.entries(table).map(([name, setting]) => [name, optional(setting)]));
}

function optional(setting: Setting): Setting {
  switch (setting.kind) {
    case 'whole':
      return omit(setting, 'default', 'required');
    case 'number':
      return omit(setting, 'default', 'required');
    case 'choice':
      return omit(setting, 'default');
    case 'text':
      return omit(setting, 'default');
    case 'switch':
      return setting;
  }
}
