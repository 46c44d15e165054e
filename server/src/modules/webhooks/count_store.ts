import { sql } from 'kysely';
import { query } from '../../db/statement.ts';
import { standing } from './store.ts';

export const countWebhooks = query((q, _: object) =>
  standing(q).select([
    sql<number>`count(*)`.as('total'),
    sql<number>`cast(coalesce(sum(w.is_active), 0) as bigint)`.as('active'),
  ]),
);

/** Counts no further: a receiver that is gone must not make statistics slow. */
const MOST_COUNTED = 10_000;

export const countPending = query((q, _: object) =>
  q
    .selectFrom((inner) =>
      inner
        .selectFrom('deliveries')
        .where('due_at', 'is not', null)
        .limit(sql.lit(MOST_COUNTED))
        .select(sql.lit(1).as('one'))
        .as('d'),
    )
    .select(sql<number>`count(*)`.as('deliveries')),
);

/** Spelled as in its index. A test is no delivery. */
export const countFailedSince = query((q, p: { since: number }) =>
  q
    .selectFrom((inner) =>
      inner
        .selectFrom('deliveries')
        .where(sql<boolean>`status in ('failed', 'exhausted')`)
        .where('event_id', 'is not', null)
        .where('created_at', '>=', p.since)
        .limit(sql.lit(MOST_COUNTED))
        .select(sql.lit(1).as('one'))
        .as('d'),
    )
    .select(sql<number>`count(*)`.as('deliveries')),
);
