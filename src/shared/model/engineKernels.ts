/** What an engine's description says of its kernels when they are loaded; otherwise it says why they are not. */
export const FUSED_KERNELS = 'fused';
