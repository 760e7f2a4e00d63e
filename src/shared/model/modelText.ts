/** What tells models apart that are not of the same architecture and size. */
export interface ModelFacts {
  readonly family: string;
  readonly layers: number;
  readonly parameters: number;
}

/** A model in words; those of equal words are taken for the same architecture and size. */
export function modelText({ family, layers, parameters }: ModelFacts): string {
  return `${family} model of ${layers} layers and ${parameters} parameters`;
}
