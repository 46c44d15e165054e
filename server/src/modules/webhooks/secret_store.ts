import { sql } from 'kysely';
import { change } from '../../db/statement.ts';

interface Rotated {
  id: number;
  /** Sealed, as the next. */
  secret: string;
  next_secret: string;
  next_secret_at: number;
  at: number;
}
export const setNextSecret = change((q, p: Rotated) =>
  q
    .updateTable('webhooks')
    .set({
      secret: p.secret,
      next_secret: p.next_secret,
      next_secret_at: p.next_secret_at,
      version: sql<number>`version + 1`,
      updated_at: p.at,
    })
    .where('id', '=', p.id),
);

const followed = { secret: sql<string>`next_secret`, next_secret: null, next_secret_at: null };

export const promoteNextSecret = change((q, p: { id: number; at: number }) =>
  q
    .updateTable('webhooks')
    .set({ ...followed, version: sql<number>`version + 1`, updated_at: p.at })
    .where('id', '=', p.id)
    .where('next_secret', 'is not', null),
);

/** Of those whose day is over the former secret goes; they have been signed without it since. */
export const dropFormerSecrets = change((q, p: { now: number }) =>
  q.updateTable('webhooks').set(followed).where('next_secret_at', '<=', p.now),
);
