/** What a command knows of the process it runs in. */
export interface Terminal {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** To standard output: what was asked for. */
  print(line: string): void;
  /** To standard error: what goes beside it. */
  warn(line: string): void;
  /** How far it is, in place of what was said so before; nothing where nobody looks on. */
  progress(line: string): void;
  /** All of standard input. */
  readInput(): Promise<string>;
  /** Aborted when somebody wants an end, with Ctrl-C or SIGTERM; who wants it twice has it at once. */
  interrupted(): AbortSignal;
  /** Becomes the server, as `npm start` does. */
  start(): Promise<void>;
}
