/** Of the compiler and the rules that read types, which are written in Go: memory is collected seldom, since they end soon. */
export const GO_ENVIRONMENT = { GOGC: '400', ...process.env };
