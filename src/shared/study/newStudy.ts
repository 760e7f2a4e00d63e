import type { RunConfig } from '../config/runConfig';
import { ArmName } from './study';

/** What a study that starts from a job compares. */
export interface NewStudy {
  /** The *.adept.json, relative to the file of the study. */
  readonly job: string;
  /** The folder of its runs, relative to the file of the study. */
  readonly out: string;
  readonly k: number;
  readonly arms: readonly ArmName[];
  readonly seeds: number;
}

/** The text of its *.study.json. */
export function newStudyText({ seeds, ...study }: NewStudy): string {
  const numbers = Array.from({ length: seeds }, (_, seed) => seed);
  return `${JSON.stringify({ ...study, seeds: numbers, variants: {} }, null, 2)}\n`;
}

/** How many layers a job expands; undefined where the model decides. */
export function layersOfJob({ expand }: Pick<RunConfig, 'expand'>): number | undefined {
  return 'layers' in expand ? expand.layers.length : Object.values(expand).find((k) => typeof k === 'number');
}

/** The arms that a job can be compared in, those of a first study first. */
export function armsOfJob({ replay }: Pick<RunConfig, 'replay'>): readonly ArmName[] {
  return ArmName.options.filter((arm) => arm !== 'replay' || replay !== undefined);
}

/** What most want to know: is it better than full training, and than LLaMA-Pro. */
export const FIRST_ARMS: readonly ArmName[] = ['full', 'llamaPro', 'adept'];
