/** What a command knows of the process it runs in. */
export interface Terminal {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** To standard output: what was asked for. */
  print(line: string): void;
  /** To standard error: what goes beside it. */
  warn(line: string): void;
  /** All of standard input. */
  readInput(): Promise<string>;
  /** Becomes the server, as `npm start` does. */
  start(): Promise<void>;
}
