import type { Reader, Row, Writer } from '../../server/src/db/database.ts';

/** A statement as the server ran it. */
export interface Recorded {
  readonly sql: string;
  readonly values: readonly unknown[];
  readonly rows: readonly Row[];
}

/** Passes everything on and keeps what was run: so a ceiling runs the server's own statements, whatever they become. */
export function recordingReader(db: Reader, into: Recorded[]): Reader {
  return {
    dialect: db.dialect,
    all: async ({ name, sql }, values) => {
      const rows = await db.all({ name, sql }, values);
      into.push({ sql, values, rows });
      return rows;
    },
  };
}

export function recordingWriter(db: Writer, into: Recorded[]): Writer {
  return {
    ...recordingReader(db, into),
    locked: db.locked,
    lock: (streams) => db.lock(streams),
    run: async ({ name, sql }, values) => {
      const changed = await db.run({ name, sql }, values);
      into.push({ sql, values, rows: [] });
      return changed;
    },
  };
}

/** The statements by what they begin with; throws when the server runs others, or in another order: then the ceiling has to follow. */
export function expectStatements(recorded: readonly Recorded[], beginnings: readonly string[]): Recorded[] {
  const wrong = beginnings.findIndex((beginning, place) => !recorded[place]?.sql.startsWith(beginning));
  if (wrong === -1 && recorded.length === beginnings.length) return [...recorded];
  const ran = recorded.map(({ sql }) => sql.slice(0, 60)).join('\n  ');
  throw new Error(`The server no longer runs the statements that the ceiling repeats. It ran:\n  ${ran}`);
}
