import type { Dialect } from './database.ts';

interface Lockable<Q> {
  forUpdate(): { skipLocked(): Q };
  forShare(): Q;
}

/** Rows that another transaction is taking are left to it. On SQLite there is one transaction at a time. */
export function leavingLocked<Q extends Lockable<Q>>(select: Q, dialect: Dialect): Q {
  return dialect === 'sqlite' ? select : select.forUpdate().skipLocked();
}

/** Rows stay as they are until the transaction ends; what others change of them just now is waited for. */
export function holding<Q extends Lockable<Q>>(select: Q, dialect: Dialect): Q {
  return dialect === 'sqlite' ? select : select.forShare();
}
