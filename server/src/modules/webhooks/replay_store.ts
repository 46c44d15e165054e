import { sql } from 'kysely';
import { leavingLocked } from '../../db/claims.ts';
import type { Dialect } from '../../db/database.ts';
import { insertOfEach, updateOfEach } from '../../db/many.ts';
import { type Builder, change, query } from '../../db/statement.ts';
import type { ReplayRow } from '../../db/tables_of_webhooks.ts';

interface Span {
  webhook_id: number;
  /** Not before, and before. */
  from_at: number;
  to_at: number;
  /** The types that `*` takes in, as JSON. */
  by_star: string;
}

const listed = (json: string, dialect: Dialect) =>
  dialect === 'sqlite'
    ? sql`select value from json_each(${json})`
    : sql`select jsonb_array_elements_text(${json}::jsonb)`;

/** Events of a span that a webhook asks for now and may see: the rule by which they are laid out when they happen (log/enqueue.ts). */
const wanted = (q: Builder, p: Span, dialect: Dialect) =>
  q
    .selectFrom('events as e')
    .leftJoin('conversations as v', 'v.id', 'e.container_id')
    .where('e.created_at', '>=', p.from_at)
    .where('e.created_at', '<', p.to_at)
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('webhook_subscriptions as s')
          .where('s.webhook_id', '=', p.webhook_id)
          .where(sql<boolean>`s.room_id in (0, e.container_id)`)
          .where(
            sql<boolean>`case when v.id is null then s.event = e.type or (s.event = '*' and e.type in (${listed(p.by_star, dialect)}))
              else s.event = 'direct_message_sent' and e.type = 'message_sent' end`,
          )
          .select(sql.lit(1).as('one')),
      ),
    );

/** Reads as much of the log as there is: not on the loop. */
export const measureSpan = query((q, p: Span, dialect) =>
  wanted(q, p, dialect).select([
    sql<number>`count(*)`.as('total'),
    sql<number | null>`min(e.id)`.as('first_id'),
    sql<number | null>`max(e.id)`.as('last_id'),
  ]),
);

/** With the delivery that is there already, if one is. */
export const findWanted = query((q, p: Span & { low: number; high: number }, dialect) =>
  wanted(q, p, dialect)
    .leftJoin('deliveries as d', (join) => join.onRef('d.event_id', '=', 'e.id').on('d.webhook_id', '=', p.webhook_id))
    .where('e.id', '>=', p.low)
    .where('e.id', '<=', p.high)
    .orderBy('e.id')
    .select([
      'e.id as event_id',
      sql<string>`case when v.id is null then e.type else 'direct_message_sent' end`.as('event'),
      'e.message_id as about_message_id',
      'd.id as delivery_id',
    ]),
);

interface LaidOut {
  webhook_id: number;
  event_id: number;
  message_id: string;
  event: string;
  status: 'pending';
  attempts: number;
  step: number;
  due_at: number;
  about_message_id: number | null;
  created_at: number;
}
export const insertLaidOut = insertOfEach<LaidOut>('deliveries', {
  webhook_id: 'bigint',
  event_id: 'bigint',
  message_id: 'text',
  event: 'text',
  status: 'text',
  attempts: 'bigint',
  step: 'bigint',
  due_at: 'bigint',
  about_message_id: 'bigint',
  created_at: 'bigint',
});

/** Under the id it has, and kept as long as a new one; whoever is delivering it just now goes on. */
export const layOutAgain = updateOfEach<{ id: number; at: number }>({ id: 'bigint', at: 'bigint' }, (q, p) =>
  q
    .updateTable('deliveries')
    .set({ status: sql.lit('pending'), step: sql.lit(0), due_at: p.at, created_at: p.at })
    .where('deliveries.id', '=', p.id)
    .where('claimed_by', 'is', null),
);

export const insertReplay = change((q, p: ReplayRow) =>
  q.insertInto('webhook_replays').values({
    webhook_id: p.webhook_id,
    from_at: p.from_at,
    to_at: p.to_at,
    next_id: p.next_id,
    last_id: p.last_id,
    created_at: p.created_at,
  }),
);
export const findReplayOf = query((q, p: { webhook_id: number }) =>
  q.selectFrom('webhook_replays').where('webhook_id', '=', p.webhook_id).select('created_at'),
);

const replayColumns = ['r.webhook_id', 'r.from_at', 'r.to_at', 'r.next_id', 'r.last_id'] as const;
const oldest = (q: Builder) =>
  q
    .selectFrom('webhook_replays as r')
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('webhooks as w')
          .whereRef('w.id', '=', 'r.webhook_id')
          .where('w.is_active', '=', sql.lit(1))
          .select(sql.lit(1).as('one')),
      ),
    )
    .orderBy('r.created_at')
    .orderBy('r.webhook_id')
    .limit(sql.lit(1))
    .select(replayColumns);

/** Of a webhook that is off a replay waits, as all it is to be told. */
export const findOldestReplay = query((q, _: object) => oldest(q));
/** For this transaction alone. */
export const takeOldestReplay = query((q, _: object, dialect) => leavingLocked(oldest(q), dialect));

export const advanceReplay = change((q, p: { webhook_id: number; next_id: number }) =>
  q.updateTable('webhook_replays').set({ next_id: p.next_id }).where('webhook_id', '=', p.webhook_id),
);
export const deleteReplay = change((q, p: { webhook_id: number }) =>
  q.deleteFrom('webhook_replays').where('webhook_id', '=', p.webhook_id),
);
