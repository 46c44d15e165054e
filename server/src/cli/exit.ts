/** Exit codes: those of sysexits.h where one fits. */
export const exitCodes = {
  ok: 0,
  failed: 1,
  usage: 64,
  data: 65,
  noUser: 67,
  unavailable: 69,
  internal: 70,
  inUse: 75,
  denied: 77,
  config: 78,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** A command that could not do what it was asked for; the lines say why, and what to do. */
export class CommandFailed extends Error {
  readonly code: ExitCode;
  readonly lines: readonly string[];
  constructor(code: ExitCode, ...lines: readonly string[]) {
    super(lines.join('\n'));
    this.name = 'CommandFailed';
    this.code = code;
    this.lines = lines;
  }
}
