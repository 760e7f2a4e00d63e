export { nativeHome } from './home';
export {
  findNativeInstall,
  inspectNativeInstall,
  type NativeInspection,
  type NativeInstall,
  type NativeRoute,
  type NativeVariant,
} from './install';
export { provisionNativeEngine, type ProvisionOptions } from './provision';
export type { OnProgress, ProvisionProgress, ProvisionStep } from './progress';
export { packageSources, type PackageSources } from './sources';
