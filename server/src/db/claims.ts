import type { Dialect } from './database.ts';

interface Lockable<Q> {
  forUpdate(): { skipLocked(): Q };
}

/** Rows that another transaction is taking are left to it. On SQLite there is one transaction at a time. */
export function leavingLocked<Q extends Lockable<Q>>(select: Q, dialect: Dialect): Q {
  return dialect === 'sqlite' ? select : select.forUpdate().skipLocked();
}
