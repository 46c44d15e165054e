import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { Writer } from '../db/database.ts';
import { insertSelectOfEach } from '../db/many.ts';
import { directNames, eventCatalogue, type NewEvent, starEvents } from '../events.ts';

interface Due {
  event_id: number;
  message_id: string;
  type: string;
  /** `*` where it takes in this type, else nothing. */
  by_star: string;
  /** What the same is called in a direct conversation; nothing where nobody is told. */
  direct: string;
  /** 0 for none. */
  container_id: number;
  /** Nothing for none. */
  traceparent: string;
  /** 0 for none. */
  about_message_id: number;
  created_at: number;
}

/** A delivery for each webhook that has asked for the event, in the transaction that writes it. */
const insertDue = insertSelectOfEach<Due>(
  {
    event_id: 'bigint',
    message_id: 'text',
    type: 'text',
    by_star: 'text',
    direct: 'text',
    container_id: 'bigint',
    traceparent: 'text',
    about_message_id: 'bigint',
    created_at: 'bigint',
  },
  (q, p) =>
    q
      .insertInto('deliveries')
      .columns([
        ...(['webhook_id', 'event_id', 'message_id', 'event', 'status', 'attempts', 'step', 'due_at'] as const),
        ...(['traceparent', 'about_message_id', 'created_at'] as const),
      ])
      .expression(({ selectFrom }) =>
        selectFrom('webhook_subscriptions as s')
          .innerJoin('webhooks as w', 'w.id', 's.webhook_id')
          .leftJoin('conversations as v', (join) => join.on(sql<boolean>`v.id = ${p.container_id}`))
          .where(sql<boolean>`s.room_id in (0, ${p.container_id})`)
          .where(
            sql<boolean>`case when v.id is null then s.event in (${p.type}, ${p.by_star}) else s.event = ${p.direct} end`,
          )
          .where('w.is_active', '=', sql.lit(1))
          .select([
            's.webhook_id',
            sql<number>`${p.event_id}`.as('event_id'),
            sql<string>`${p.message_id}`.as('message_id'),
            sql<string>`case when v.id is null then ${p.type} else ${p.direct} end`.as('event'),
            sql.lit('pending').as('status'),
            sql.lit(0).as('attempts'),
            sql.lit(0).as('step'),
            sql<number>`${p.created_at}`.as('due_at'),
            sql<string | null>`nullif(${p.traceparent}, '')`.as('traceparent'),
            sql<number | null>`nullif(${p.about_message_id}, 0)`.as('about_message_id'),
            sql<number>`${p.created_at}`.as('created_at'),
          ]),
      ),
);

export interface Logged {
  readonly id: number;
  readonly event: NewEvent;
  readonly traceparent: string | null;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** Lays out what webhooks are to be told of these events. */
export function enqueueDeliveries(db: Writer, logged: readonly Logged[]): Promise<void> {
  return insertDue.run(db, logged.filter(({ event }) => eventCatalogue[event.type].webhook).map(dueOf));
}

function dueOf({ id, event, traceparent, at }: Logged): Due {
  const { type, containerId } = event;
  return {
    event_id: id,
    message_id: `evt_${randomUUID()}`,
    type,
    by_star: starEvents.has(type) ? '*' : '',
    direct: directNames[type] ?? '',
    container_id: containerId ?? 0,
    traceparent: traceparent ?? '',
    about_message_id: event.messageId ?? 0,
    created_at: at,
  };
}
