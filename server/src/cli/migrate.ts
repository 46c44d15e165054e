import { resolve } from 'node:path';
import { defineCommand } from 'citty';
import { type Blobs, BlobsUnavailable } from '../adapters/blobs/blobs.ts';
import { openDiskBlobs } from '../adapters/open.ts';
import { databasePath, requireDatabase } from '../app.ts';
import type { Config } from '../config.ts';
import { lockDataDirectory, markMoved } from '../db/data_lock.ts';
import type { AuditMarkRow } from '../db/tables.ts';
import { readAddress, type TargetAddress } from '../db/transfer/address.ts';
import { type Reason, TransferRefused } from '../db/transfer/refused.ts';
import { openSource, type Source } from '../db/transfer/source.ts';
import { openTarget } from '../db/transfer/target.ts';
import { type Change, type Moved, transferAll } from '../db/transfer/transfer.ts';
import { auditKeys } from '../modules/audit/keys.ts';
import { movedMark } from '../modules/audit/move.ts';
import { CommandFailed, type ExitCode, exitCodes } from './exit.ts';
import { filesIn, filesLeft, openNamedBucket } from './migrate_bucket.ts';
import { carryFiles, type FilesOfMove } from './migrate_files.ts';
import { opening } from './open.ts';
import type { Terminal } from './terminal.ts';

export const migrate = (terminal: Terminal) =>
  defineCommand({
    meta: {
      name: 'migrate',
      description: 'Move a server that is stopped from SQLite to PostgreSQL, and prove that all is there',
    },
    args: {
      to: {
        type: 'string',
        description: 'An empty database. A password is better given as PGPASSWORD than in it.',
        valueHint: 'url',
        required: true,
      },
      'files-to-s3': {
        type: 'boolean',
        description: 'Carry the files from the disk into the bucket of the S3_ variables as well',
      },
    },
    run: async ({ args }) => {
      await moveEmbedded(terminal, args.to, args['files-to-s3'] ? openNamedBucket : undefined);
    },
  });

const exits: Readonly<Record<Reason, ExitCode>> = {
  asked: exitCodes.usage,
  unavailable: exitCodes.unavailable,
  denied: exitCodes.denied,
  data: exitCodes.data,
  interrupted: exitCodes.failed,
};

/** Moves the database, and the bytes of files into another storage where one is opened. */
export async function moveEmbedded(
  terminal: Terminal,
  to: string,
  openFiles?: (config: Config) => Promise<Blobs>,
): Promise<void> {
  let opened: Blobs | undefined;
  try {
    const address = readAddress(to);
    const { config, source, giveBack } = await opening(terminal, openEmbedded);
    try {
      opened = await openFiles?.(config);
      const files = opened ? await carried(config, opened, terminal) : await filesLeft(config, source.reader);
      await moveFrom(terminal, { config, source, address, files });
    } finally {
      source.close();
      giveBack();
    }
  } catch (error) {
    if (error instanceof TransferRefused) throw new CommandFailed(exits[error.reason], error.message);
    if (error instanceof BlobsUnavailable)
      throw new CommandFailed(
        exitCodes.unavailable,
        `the bucket cannot be used: ${error.message}; nothing was changed`,
      );
    throw error;
  } finally {
    opened?.close();
    terminal.progress('');
  }
}

const carried = (config: Config, to: Blobs, terminal: Terminal) =>
  carryFiles({ from: openDiskBlobs(config), directory: filesIn(config), to }, terminal);

interface Move {
  readonly config: Config;
  readonly source: Source;
  readonly address: TargetAddress;
  readonly files: FilesOfMove;
}

/** The data of a server that is stopped, held so that none starts meanwhile. */
async function openEmbedded(config: Config) {
  if (config.DATABASE_URL !== undefined)
    throw new CommandFailed(exitCodes.usage, 'DATABASE_URL is set: without it DATA_DIR says what is to be moved.');
  requireDatabase(config);
  const giveBack = lockDataDirectory(config.DATA_DIR);
  try {
    return { config, source: await openSource(databasePath(config)), giveBack };
  } catch (error) {
    giveBack();
    throw error;
  }
}

async function moveFrom(terminal: Terminal, { config, source, address, files }: Move): Promise<void> {
  const begun = performance.now();
  const signal = terminal.interrupted();
  const changes = {
    audit_marks: await changeOfMarks(source, config),
    ...(files.change ? { blobs: files.change } : {}),
  };
  const target = await openTarget(address, Date.now());
  const all: Moved[] = [];
  try {
    terminal.print(`From   ${resolve(databasePath(config))}`);
    terminal.print(`To     ${target.shown}`);
    terminal.print(line('Table', 'Rows', 'Seconds'));
    await transferAll(source, target, changes, {
      signal,
      onRows: (table, rows, of) => terminal.progress(`${table}  ${rows} of ${of}`),
      onMoved: (moved) => {
        all.push(moved);
        terminal.progress('');
        terminal.print(line(moved.table, moved.rows.toLocaleString('en'), (moved.ms / 1_000).toFixed(2)));
      },
    }).catch(async (error: unknown) => {
      await files.undo();
      throw error;
    });
    // From here on nobody may take away what was carried: an answer that is lost says nothing of the commit.
    await target.commit();
  } finally {
    await target.close();
  }
  const rows = all.reduce((sum, moved) => sum + moved.rows, 0);
  terminal.print(line('all', rows.toLocaleString('en'), ((performance.now() - begun) / 1_000).toFixed(2)));
  tellWhatIsNext(terminal, config, target.shown, files);
}

const line = (table: string, rows: string, seconds: string) =>
  `  ${table.padEnd(24)}${rows.padStart(14)}${seconds.padStart(10)}`;

/** The place where the chain over the audit log ends names a transaction, which here is the target's. */
async function changeOfMarks(source: Source, config: Config): Promise<Change> {
  const keys = await auditKeys(source, config);
  return {
    columns: ['xid', 'signature'],
    of: async (row, xid) => movedMark(keys, row as unknown as AuditMarkRow, xid),
  };
}

function tellWhatIsNext({ print }: Terminal, config: Config, shown: string, files: FilesOfMove): void {
  const when = new Date().toISOString();
  const why = 'While this file is here, no server starts on the veza.db beside it.';
  const mark = markMoved(
    config.DATA_DIR,
    `What was in this folder's veza.db was moved to ${shown} at ${when}.\n${why}\n`,
  );
  print('Every row was read back; counts and checksums are those of the source.');
  print('');
  print(`Next   set DATABASE_URL to ${shown}, with the password, and start the server.`);
  print(`Files  ${files.told()}`);
  print(`Old    ${resolve(databasePath(config))} is as it was: a backup. ${mark} keeps servers from starting on it.`);
}
