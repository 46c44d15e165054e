import { mkdirSync, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import SqliteConnection from 'better-sqlite3';
import { type Database, type Reader, type Row, StorageFull, StuckWrite, type Writer } from './database.ts';
import { createGroupCommit, type Transactional } from './group_commit.ts';
import type { CompiledText } from './statement.ts';

export interface SqliteOptions {
  readonly path: string;
  /** Free bytes below which writes are refused, so that the disk is never quite full. */
  readonly minFreeBytes: number;
  /** Called at an I/O error of the writer; must end the process: SQLite would go on committing what may not be on the disk. */
  readonly onFatal: (error: Error) => void;
  /** For tests of a full disk: the most pages the file may take. */
  readonly maxPages?: number;
}

type Connection = SqliteConnection.Database;
type Prepared = SqliteConnection.Statement<unknown[], Row>;

/** How often the free space is looked at; a burst within it is caught by SQLite itself. */
const FREE_SPACE_EVERY_MS = 1_000;

export function openSqlite(options: SqliteOptions): Database {
  mkdirSync(dirname(options.path), { recursive: true, mode: 0o700 });
  const writer = connect(options.path, false);
  if (options.maxPages !== undefined) writer.pragma(`max_page_count = ${options.maxPages}`);
  const reading = connect(options.path, true);
  const room = createRoomCheck(options);
  const group = createGroupCommit(transactional(writer, room.check, options.onFatal));
  return {
    dialect: 'sqlite',
    reader: readerOf(reading),
    write: group.write,
    ping: async () => void reading.prepare('select 1').get(),
    size: async () => statSync(options.path).size,
    isFull: room.isFull,
    close: async () => {
      await group.close();
      reading.close();
      writer.close();
    },
  };
}

/** WAL with a sync at every commit, set and read back: the library's default under WAL is NORMAL, which loses acknowledged writes at a power cut. */
function connect(path: string, readonly: boolean): Connection {
  const connection = new SqliteConnection(path, { readonly });
  connection.pragma('busy_timeout = 5000');
  if (!readonly) connection.pragma('journal_mode = WAL');
  const settings: [string, number][] = [
    ['synchronous', 2],
    ['foreign_keys', 1],
    ['secure_delete', 1],
    ['fullfsync', 1],
    ['checkpoint_fullfsync', 1],
  ];
  for (const [name, wanted] of settings) {
    connection.pragma(`${name} = ${wanted}`);
    const kept = connection.pragma(name, { simple: true });
    if (kept !== wanted) throw new Error(`SQLite kept ${name} = ${kept} where ${wanted} was asked for`);
  }
  connection.pragma('cache_size = -32768');
  connection.pragma('mmap_size = 268435456');
  const mode = connection.pragma('journal_mode', { simple: true });
  if (mode !== 'wal') throw new Error(`SQLite kept journal_mode = ${mode} where wal was asked for`);
  return connection;
}

function prepareCache(connection: Connection): (text: CompiledText) => Prepared {
  const kept = new Map<string, Prepared>();
  return (text) => {
    let prepared = kept.get(text.name);
    if (!prepared) {
      prepared = connection.prepare<unknown[], Row>(text.sql);
      kept.set(text.name, prepared);
    }
    return prepared;
  };
}

function readerOf(connection: Connection): Reader {
  const prepare = prepareCache(connection);
  return { dialect: 'sqlite', all: async (text, values) => prepare(text).all(...values) };
}

const nothingLocked: Promise<void> = Promise.resolve();

function transactional(connection: Connection, checkRoom: () => void, onFatal: (error: Error) => void): Transactional {
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
    const opened = (text: CompiledText) => {
      if (!isOpen()) throw new StuckWrite('A write that has ended called its database again');
      return prepare(text);
    };
    return {
      dialect: 'sqlite',
      locked,
      all: async (text, values) => opened(text).all(...values),
      run: async (text, values) => opened(text).run(...values).changes,
      lock: (streams) => {
        for (const stream of streams) locked.add(stream);
        return nothingLocked;
      },
    };
  }

  return {
    inTransaction: () => connection.inTransaction,
    begin: () => void begin.run(),
    commit: () => withFull(() => void commit.run()),
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

function withFull(work: () => void) {
  try {
    work();
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
