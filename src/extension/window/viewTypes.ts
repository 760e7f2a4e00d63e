/** Panels and custom editors by the view types that `package.json` declares for them. */
export const VIEW_TYPES = {
  heatmap: 'adept.heatmap',
  comparison: 'adept.compare',
  run: 'adept.run',
  runs: 'adept.runsTable',
  study: 'adept.study',
  preview: 'adept.preview',
  playground: 'adept.playground',
  safetensors: 'adept.safetensors',
} as const;
