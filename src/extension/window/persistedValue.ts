import * as v from 'valibot';
import type * as vscode from 'vscode';

/** A value that outlives the window; what was kept by another version and does not fit is forgotten. */
export class PersistedValue<const S extends v.GenericSchema> {
  constructor(
    private readonly state: vscode.Memento,
    private readonly key: string,
    private readonly schema: S,
    private readonly initial: v.InferOutput<S>,
  ) {}

  get value(): v.InferOutput<S> {
    const kept = v.safeParse(this.schema, this.state.get(this.key));
    return kept.success ? kept.output : this.initial;
  }

  async set(value: v.InferOutput<S>): Promise<void> {
    await this.state.update(this.key, value);
  }
}
