// What every process has and no library of ES2023 declares: Node.js and browsers bring their own declaration.
declare class TextDecoder {
  constructor(encoding?: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
  decode(input?: Uint8Array): string;
}
