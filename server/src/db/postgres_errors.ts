import { ChangedMeanwhile, DatabaseUnavailable, StorageFull } from './database.ts';

/** Serialization failures and deadlocks: the transaction did nothing and may run again. */
const AGAIN = new Set(['40001', '40P01']);

export const mayRunAgain = (error: unknown): boolean =>
  error instanceof ChangedMeanwhile || AGAIN.has(codeOf(error)) || isOldPlan(error);

/** A table has changed since a connection prepared a statement of it: another connection does not have that. */
export const isOldPlan = (error: unknown): boolean =>
  codeOf(error) === '0A000' && /cached plan/.test((error as Error).message);

/** Nothing is carried out behind a statement that failed, until its transaction is rolled back. */
export const isBehindFailed = (error: unknown): boolean => codeOf(error) === '25P02';

/** Errors that say nothing about the statement but that there is no database behind it, or no room in it. */
export async function translated<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw translate(error);
  }
}

function translate(error: unknown): unknown {
  const code = codeOf(error);
  if (code === '53100') return new StorageFull('PostgreSQL has no room left', { cause: error });
  if (!isOutage(code, error)) return error;
  return new DatabaseUnavailable(`PostgreSQL does not answer (${code || (error as Error).message})`, { cause: error });
}

function codeOf(error: unknown): string {
  return String((error as { code?: unknown } | null)?.code ?? '');
}

function isOutage(code: string, error: unknown): boolean {
  if (/^(08|57P|53[23]|57014|25P03)/.test(code) || /^E[A-Z]+$/.test(code)) return true;
  return code === '' && /terminat|timeout|connect/i.test((error as Error).message);
}
