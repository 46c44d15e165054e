import type { Dialect } from '../database.ts';

/**
 * Numbered, forward only; nothing of it must ever change once released (its checksum is kept in the database). A server of the version
 * before goes on while it is applied, and after: it may add, and takes nothing away that the version before still uses.
 */
export interface Migration {
  readonly id: number;
  readonly name: string;
  /** In one transaction with all that is new. */
  readonly sql: (dialect: Dialect) => readonly string[];
  /** Indexes of tables that may be large: made after it, while others write, each `create index if not exists name on …`. */
  readonly indexes?: (dialect: Dialect) => readonly string[];
  /**
   * Where it takes something away: the migration since which nothing uses that. A version that does not know that one, either, does
   * not start any more.
   */
  readonly contractsSince?: number;
}
