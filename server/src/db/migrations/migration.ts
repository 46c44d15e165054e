import type { Dialect } from '../database.ts';

/** Numbered, forward only; `sql` must never change once released (its checksum is kept in the database). */
export interface Migration {
  readonly id: number;
  readonly name: string;
  readonly sql: (dialect: Dialect) => readonly string[];
}
