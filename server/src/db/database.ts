import type { Channel } from './channel.ts';
import type { CommitCounts } from './commit_counts.ts';

export type Dialect = 'sqlite' | 'postgres';
export type Row = Record<string, unknown>;

/** What an engine prepares once and keeps: `name` is the text's own hash. Without a name it is prepared for one run. */
export interface CompiledText {
  readonly name: string | undefined;
  readonly sql: string;
}

export interface Reader {
  readonly dialect: Dialect;
  all(statement: CompiledText, values: readonly unknown[]): Promise<Row[]>;
}

/** A reader that also sees and makes the changes of its own transaction. */
export interface Writer extends Reader {
  /** Streams whose order this transaction holds. */
  readonly locked: ReadonlySet<string>;
  /** Changes rows; resolves with how many. */
  run(statement: CompiledText, values: readonly unknown[]): Promise<number>;
  /** Takes the locks of these streams, sorted, before the transaction writes anything. */
  lock(streams: readonly string[]): Promise<void>;
}

export interface Database {
  readonly dialect: Dialect;
  readonly reader: Reader;
  /** One transaction; resolves when it is on stable storage. `name` is what a complaint calls it. */
  write<T>(name: string, work: (db: Writer) => Promise<T>): Promise<T>;
  /**
   * The same for changes of the schema: however long its statements take, and asked again for locks that others hold, so that nobody
   * waits behind it for long.
   */
  alter(work: (db: Writer) => Promise<void>): Promise<void>;
  /** Makes an index unless it is there, without keeping anybody from writing. The text is `create index if not exists name on …`. */
  index(sql: string): Promise<void>;
  /** Reads that all see one moment and may take long: on SQLite in a thread of their own, so that the loop stays free. */
  snapshot<T>(work: (db: Reader) => Promise<T>): Promise<T>;
  /** Throws when the database does not answer. */
  ping(): Promise<void>;
  /** Bytes the database takes. */
  size(): Promise<number>;
  readonly commits: CommitCounts;
  /** Settings of the database under which what it has stored may be lost all the same; empty as a rule. */
  concerns(): Promise<string[]>;
  /** Whether writes are refused just now because storage is short. */
  isFull(): boolean;
  /** Between the processes that use the database; undefined where there is one alone, or nobody can listen. */
  readonly channel: Channel | undefined;
  close(): Promise<void>;
}

/** Nothing of the transaction was kept: there is no room for it. */
export class StorageFull extends Error {
  override readonly name = 'StorageFull';
}

/** A member of a batch that awaited something other than the database; it was refused and undone. */
export class StuckWrite extends Error {
  override readonly name = 'StuckWrite';
}

/** The database could not be reached or gave up; whether a change was kept is not known unless said. */
export class DatabaseUnavailable extends Error {
  override readonly name = 'DatabaseUnavailable';
}

/** Raised by a work under a lock, before it has written anything: what it chose its locks by has changed. It runs again, in another transaction. */
export class ChangedMeanwhile extends Error {
  override readonly name = 'ChangedMeanwhile';
}

/** True when a statement gave up waiting for a lock; the transaction did nothing. */
export function isLockTimeout(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === '55P03';
}

/** The name in `create index if not exists name on …`. */
export function indexName(sql: string): string {
  const [, name] = /^create index if not exists (\w+) on /.exec(sql) ?? [];
  if (name === undefined) throw new Error(`An index is made by "create index if not exists": ${sql}`);
  return name;
}
