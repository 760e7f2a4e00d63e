export { provisionNativeEngine, type ProvisionOptions } from './provision';
export type { OnProgress, ProvisionProgress, ProvisionStep } from './progress';
export { packageSources, type PackageSources } from './sources';
