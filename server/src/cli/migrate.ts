import { resolve } from 'node:path';
import { defineCommand } from 'citty';
import type { Blobs } from '../adapters/blobs/blobs.ts';
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
import { type CarriedFiles, carryFiles } from './migrate_files.ts';
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
    },
    run: async ({ args }) => {
      await moveEmbedded(terminal, args.to);
    },
  });

const exits: Readonly<Record<Reason, ExitCode>> = {
  asked: exitCodes.usage,
  unavailable: exitCodes.unavailable,
  denied: exitCodes.denied,
  data: exitCodes.data,
  interrupted: exitCodes.failed,
};

/** Moves the database, and the bytes of files into another storage where one is given. */
export async function moveEmbedded(terminal: Terminal, to: string, blobs?: Blobs): Promise<void> {
  try {
    const address = readAddress(to);
    const { config, source, giveBack } = await opening(terminal, openEmbedded);
    try {
      const files = blobs && carryFiles(openDiskBlobs(config), blobs, terminal);
      await moveFrom(terminal, { config, source, address, files });
    } finally {
      source.close();
      giveBack();
    }
  } catch (error) {
    if (error instanceof TransferRefused) throw new CommandFailed(exits[error.reason], error.message);
    throw error;
  } finally {
    terminal.progress('');
  }
}

interface Move {
  readonly config: Config;
  readonly source: Source;
  readonly address: TargetAddress;
  readonly files: CarriedFiles | undefined;
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
    ...(files ? { blobs: files.change } : {}),
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
    });
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

function tellWhatIsNext({ print }: Terminal, config: Config, shown: string, files: CarriedFiles | undefined): void {
  const when = new Date().toISOString();
  const why = 'While this file is here, no server starts on the veza.db beside it.';
  const mark = markMoved(
    config.DATA_DIR,
    `What was in this folder's veza.db was moved to ${shown} at ${when}.\n${why}\n`,
  );
  print('Every row was read back; counts and checksums are those of the source.');
  print('');
  print(`Next   set DATABASE_URL to ${shown}, with the password, and start the server.`);
  print(`Files  ${toldOf(files, resolve(config.DATA_DIR, 'files'))}`);
  print(`Old    ${resolve(databasePath(config))} is as it was: a backup. ${mark} keeps servers from starting on it.`);
}

function toldOf(files: CarriedFiles | undefined, directory: string): string {
  if (!files) return `stay in ${directory}: the server needs the same DATA_DIR as before.`;
  const { carried, lost } = files.counts;
  const left = lost > 0 ? `; ${lost} were lost before and are left out` : '';
  return `${carried} were copied, each with the size and checksum it had${left}. Those in ${directory} are a backup.`;
}
