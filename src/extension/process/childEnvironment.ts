/** What a trainer may inherit: where things are, whose they are, how the net is reached, and which devices compute. */
const INHERITED: readonly RegExp[] = [
  /^(PATH|PATHEXT|HOME|USER|USERNAME|LOGNAME|SHELL|LANG|LANGUAGE|TZ|TMPDIR|TMP|TEMP)$/i,
  /^(LC_|XDG_)/,
  /^(SYSTEMROOT|SYSTEMDRIVE|WINDIR|COMSPEC|USERPROFILE|APPDATA|LOCALAPPDATA|PROGRAMDATA|PROGRAMFILES.*|NUMBER_OF_PROCESSORS|PROCESSOR_.*)$/i,
  /^(HTTP_PROXY|HTTPS_PROXY|ALL_PROXY|NO_PROXY|SSL_CERT_FILE|SSL_CERT_DIR|NODE_EXTRA_CA_CERTS|REQUESTS_CA_BUNDLE|PIP_.*|NPM_CONFIG_.*)$/i,
  /^(LD_LIBRARY_PATH|DYLD_LIBRARY_PATH|CUDA_.*|NVIDIA_.*|TF_.*|XLA_.*|OMP_.*|MKL_.*|OPENBLAS_.*|NCCL_.*|GLOO_.*|TORCH_.*|PYTORCH_.*)$/,
  /^ADEPT_/,
];

/**
 * The environment of a child: of the host's own, which carries editor, debugger and whatever a terminal left, only what a
 * trainer needs.
 * @param asNode whether the executable is VS Code's own, which is Node.js only when told so
 */
export function childEnvironment(host: NodeJS.ProcessEnv, asNode: boolean): Record<string, string> {
  const inherited = Object.entries(host).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && INHERITED.some((pattern) => pattern.test(entry[0])),
  );
  return { ...Object.fromEntries(inherited), ...(asNode ? { ELECTRON_RUN_AS_NODE: '1' } : {}) };
}
