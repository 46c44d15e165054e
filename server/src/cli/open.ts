import { pino } from 'pino';
import { type Opened, openDatabaseOnly, openDeps } from '../app.ts';
import { type Config, ConfigError, readConfig } from '../config.ts';
import type { Database } from '../db/database.ts';
import { requireMigrated } from '../db/migrations/migrate.ts';
import { AppError, type FieldFault } from '../errors.ts';
import { CommandFailed, exitCodes } from './exit.ts';
import type { Terminal } from './terminal.ts';

/** Runs `work` with the server's parts, as the one process that owns the data directory; `prepare` may refuse to begin. */
export async function withServerParts<T>(
  terminal: Terminal,
  work: (opened: Opened) => Promise<T>,
  prepare: (config: Config) => void = () => {},
): Promise<T> {
  const opened = await opening(terminal, (config) => {
    prepare(config);
    return openDeps(config, { log: pino({ level: 'silent' }) });
  });
  try {
    return await work(opened);
  } catch (error) {
    throw refused(error);
  } finally {
    await opened.close();
  }
}

/** Runs `work` with the database alone, to read it; a server may run on it. */
export async function withDatabase<T>(
  terminal: Terminal,
  work: (db: Database, config: Config) => Promise<T>,
): Promise<T> {
  return opening(terminal, async (config) => {
    const db = await openDatabaseOnly(config);
    try {
      await requireMigrated(db);
      return await work(db, config);
    } finally {
      await db.close();
    }
  });
}

/** Reads the settings and opens what they name; what keeps it from that is said with its exit code. */
export async function opening<T>(terminal: Terminal, open: (config: Config) => T | Promise<T>): Promise<T> {
  try {
    return await open(readConfig(terminal.environment));
  } catch (error) {
    if (error instanceof ConfigError)
      throw new CommandFailed(exitCodes.config, ...error.faults.map((fault) => `configuration: ${fault}`));
    if (isInUse(error)) throw new CommandFailed(exitCodes.inUse, ...whatWorksMeanwhile);
    if (error instanceof CommandFailed) throw error;
    throw new CommandFailed(exitCodes.unavailable, error instanceof Error ? error.message : String(error));
  }
}

function isInUse(error: unknown): boolean {
  return error instanceof Error && (error.cause as { code?: string } | undefined)?.code === 'SQLITE_BUSY';
}

const whatWorksMeanwhile = [
  'a server runs on this data directory, and would not notice the change: stop it, and try again.',
  'While it runs: `veza audit verify` and `veza listen` work; an admin gives roles and suspends over the API (PUT /api/v1/admin/users/{user_id}).',
];

/** What the API would refuse, in a line each. */
function refused(error: unknown): unknown {
  if (!(error instanceof AppError)) return error;
  const faults = (error.details.errors ?? [
    { field: error.details.field, reason: error.details.reason },
  ]) as FieldFault[];
  if (error.code === 'USER_NOT_FOUND')
    return new CommandFailed(exitCodes.noUser, 'there is nobody of that name or e-mail.');
  if (error.status === 503) return new CommandFailed(exitCodes.unavailable, 'the server is too busy.');
  return new CommandFailed(exitCodes.data, ...faults.map(({ field, reason }) => `${field} is refused: ${reason}`));
}
