import { TransferRefused } from './refused.ts';

/** What PostgreSQL, or the way to it, says no with: in words, and what to do. */
export function refusalOf(error: unknown, shown: string): TransferRefused {
  if (error instanceof TransferRefused) return error;
  // What the server's own statements fail with is wrapped when nothing answers.
  const { code = '', message } = ((error as Error).cause ?? error) as { code?: string; message: string };
  const refused = (reason: 'unavailable' | 'denied' | 'data', what: string) => new TransferRefused(reason, what, error);
  if (/^28/.test(code) || (code === '' && /SASL|password/i.test(message)))
    return refused('denied', `${shown} lets nobody in so: the user or the password is wrong (PGPASSWORD may hold it)`);
  if (code === '42501') return refused('denied', `${shown} does not allow this user to make tables (${message})`);
  if (code === '3D000')
    return refused('unavailable', `${shown} does not exist: make the database first, with encoding UTF8`);
  if (code === '55P03') return refused('unavailable', `${shown} is in use: stop what uses it, and try again`);
  return refused('unavailable', `${shown} does not answer as it should (${message || code}); nothing was changed`);
}

/** The answer to the commit did not come: all of it is there, or none. */
export function commitLost(error: unknown, shown: string): TransferRefused {
  const what = `${shown} was lost at the last step (${(error as Error).message})`;
  const then =
    'look whether it has tables: with them everything is there, and DATABASE_URL may name it; without them run this again';
  return new TransferRefused('unavailable', `${what}; ${then}`, error);
}
