import type { Reader } from './database.ts';
import { type Connection, prepareCache } from './sqlite_connection.ts';

export interface TurnReader extends Reader {
  /** Ends what the turn has read; what is read next sees everything that is committed by then. */
  refresh(): void;
}

/**
 * Reads of one turn of the event loop share a transaction: opening and closing one for each statement takes 2.6 of the 3.6 µs of a
 * keyed select. `refresh` has to come before each commit: whoever is told of a change must read it, and an old view would keep the
 * checkpoint from what lies behind it.
 */
export function createTurnReader(connection: Connection): TurnReader {
  const prepare = prepareCache(connection);
  const [begin, end] = [connection.prepare('begin'), connection.prepare('commit')];

  let open = false;

  function refresh() {
    if (!open) return;
    open = false;
    // An I/O error may have ended it.
    if (connection.inTransaction) end.run();
  }

  return {
    dialect: 'sqlite',
    all: async (text, values) => {
      if (!open) {
        begin.run();
        open = true;
        setImmediate(refresh);
      }
      return prepare(text).all(...values);
    },
    refresh,
  };
}
