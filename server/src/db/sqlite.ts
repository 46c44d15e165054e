import { closeSync, openSync, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { createCommitCounts } from './commit_counts.ts';
import {
  type CompiledText,
  type Database,
  indexName,
  type Row,
  StorageFull,
  StuckWrite,
  type Writer,
} from './database.ts';
import { createGroupCommit, type Transactional } from './group_commit.ts';
import { type Connection, connect, type Prepared, prepareCache } from './sqlite_connection.ts';
import { createTurnReader } from './sqlite_reader.ts';
import { createSnapshots } from './sqlite_snapshot.ts';

export interface SqliteOptions {
  readonly path: string;
  /** Free bytes below which writes are refused, so that the disk is never quite full. */
  readonly minFreeBytes: number;
  /** Called at an I/O error of the writer; must end the process: SQLite would go on committing what may not be on the disk. */
  readonly onFatal: (error: Error) => void;
  /** For tests of a full disk: the most pages the file may take. */
  readonly maxPages?: number;
}

/** How often the free space is looked at; a burst within it is caught by SQLite itself. */
const FREE_SPACE_EVERY_MS = 1_000;

export function openSqlite(options: SqliteOptions): Database {
  // The owner's alone; the files beside it take its mode.
  closeSync(openSync(options.path, 'a', 0o600));
  const writer = connect(options.path, false);
  if (options.maxPages !== undefined) writer.pragma(`max_page_count = ${options.maxPages}`);
  const reading = connect(options.path, true);
  const reader = createTurnReader(reading);
  const room = createRoomCheck(options);
  const snapshots = createSnapshots(options.path);
  const commits = createCommitCounts();
  const group = createGroupCommit(
    transactional(writer, { checkRoom: room.check, onFatal: options.onFatal, beforeCommit: reader.refresh }),
    commits,
  );
  return {
    dialect: 'sqlite',
    reader,
    write: group.write,
    alter: (work) => group.write('alter', work),
    index: async (sql) => {
      const isThere = reading.prepare(`select 1 from sqlite_schema where type = 'index' and name = ?`);
      if (!isThere.get(indexName(sql))) await group.write('index', (db) => db.run({ name: undefined, sql }, []));
    },
    snapshot: snapshots.snapshot,
    ping: async () => void reading.prepare('select 1').get(),
    size: async () => sizeOf(options.path) + sizeOf(`${options.path}-wal`),
    commits,
    // Its settings are set with every connection, and read back.
    concerns: async () => [],
    isFull: room.isFull,
    channel: undefined,
    close: async () => {
      await group.close();
      await snapshots.close();
      reading.close();
      writer.close();
    },
  };
}

const nothingLocked: Promise<void> = Promise.resolve();

interface Around {
  readonly checkRoom: () => void;
  readonly beforeCommit: () => void;
  readonly onFatal: (error: Error) => void;
}

function transactional(connection: Connection, { checkRoom, beforeCommit, onFatal }: Around): Transactional {
  const prepare = prepareCache(connection);
  const [begin, commit, rollback, savepoint, release, undo] = [
    'begin immediate',
    'commit',
    'rollback',
    'savepoint member',
    'release member',
    'rollback to member',
  ].map((sql) => connection.prepare(sql)) as [Prepared, Prepared, Prepared, Prepared, Prepared, Prepared];

  function writerFor(isOpen: () => boolean): Writer {
    const locked = new Set<string>();
    let failure: unknown;
    const carryOut = <T>(text: CompiledText, work: (statement: Prepared) => T): T => {
      if (!isOpen()) throw new StuckWrite('A write that has ended called its database again');
      // Something has ended the transaction, as a full disk does: outside of it a statement would be committed by itself.
      if (!connection.inTransaction)
        throw failure ?? new StorageFull('The transaction was rolled back by the database');
      try {
        return withFull(() => work(prepare(text)));
      } catch (error) {
        failure ??= error;
        throw error;
      }
    };
    return {
      dialect: 'sqlite',
      locked,
      all: async (text, values) => carryOut(text, (statement) => statement.all(...values)) as Row[],
      run: async (text, values) => carryOut(text, (statement) => statement.run(...values).changes),
      lock: (streams) => {
        for (const stream of streams) locked.add(stream);
        return nothingLocked;
      },
    };
  }

  return {
    inTransaction: () => connection.inTransaction,
    begin: () => void begin.run(),
    commit: () => {
      beforeCommit();
      withFull(() => void commit.run());
    },
    rollback: () => void rollback.run(),
    savepoint: () => void savepoint.run(),
    release: () => void release.run(),
    rollbackToSavepoint: () => {
      undo.run();
      release.run();
    },
    writer: writerFor,
    checkRoom,
    ifFatal: (error) => {
      if (isIoError(error)) onFatal(error as Error);
    },
  };
}

/** A full disk strikes at a statement or at the commit. */
function withFull<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (codeOf(error) === 'SQLITE_FULL') throw new StorageFull('The disk is full', { cause: error });
    throw error;
  }
}

function codeOf(error: unknown): string {
  return String((error as { code?: unknown } | null)?.code ?? '');
}

function isIoError(error: unknown): boolean {
  const code = codeOf(error);
  return code.startsWith('SQLITE_IOERR') || code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB';
}

function createRoomCheck({ path, minFreeBytes }: SqliteOptions) {
  let lookedAt = Number.NEGATIVE_INFINITY;
  let full = false;
  const isFull = () => {
    const now = performance.now();
    if (now - lookedAt >= FREE_SPACE_EVERY_MS) {
      lookedAt = now;
      const { bavail, bsize } = statfsSync(dirname(path));
      full = bavail * bsize < minFreeBytes;
    }
    return full;
  };
  return {
    isFull,
    check: () => {
      if (isFull()) throw new StorageFull(`Less than ${minFreeBytes} bytes are free`);
    },
  };
}

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
