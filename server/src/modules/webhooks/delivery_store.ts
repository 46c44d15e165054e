import { sql } from 'kysely';
import { change, type Query, query } from '../../db/statement.ts';
import type { DeliveryRow } from '../../db/tables_of_webhooks.ts';

const columns = [
  'id',
  'message_id',
  'event',
  'status',
  'attempts',
  'due_at',
  'response_code',
  'duration_ms',
  'response_excerpt',
  'error',
  'created_at',
] as const;

/** Newest first. */
export const listDeliveries = query((q, p: { webhook_id: number; limit: number; offset: number }) =>
  q
    .selectFrom('deliveries')
    .where('webhook_id', '=', p.webhook_id)
    .orderBy('id', 'desc')
    .limit(p.limit)
    .offset(p.offset)
    .select(columns),
);
export const findDelivery = query((q, p: { id: number; webhook_id: number }) =>
  q
    .selectFrom('deliveries')
    .where('id', '=', p.id)
    .where('webhook_id', '=', p.webhook_id)
    .select([...columns, 'claimed_by']),
);
export type FoundDelivery = typeof findDelivery extends Query<infer _, infer O> ? O : never;

/** The schedule begins anew; what was sent before is sent again. Changes nothing of one that somebody has claimed meanwhile. */
export const takeUpAgain = change((q, p: { id: number; at: number }) =>
  q
    .updateTable('deliveries')
    .set({ status: 'pending', step: 0, due_at: p.at })
    .where('id', '=', p.id)
    .where('claimed_by', 'is', null),
);

interface NewTest {
  webhook_id: number;
  message_id: string;
  body: string;
  traceparent: string | null;
  at: number;
}
/** Never due: it is attempted by whoever asked for it. */
export const insertTest = query((q, p: NewTest) =>
  q
    .insertInto('deliveries')
    .values({
      webhook_id: p.webhook_id,
      event_id: null,
      message_id: p.message_id,
      event: 'webhook_test',
      status: 'pending',
      attempts: 0,
      step: 0,
      due_at: null,
      claimed_by: null,
      body: p.body,
      traceparent: p.traceparent,
      about_message_id: null,
      response_code: null,
      duration_ms: null,
      response_excerpt: null,
      error: null,
      created_at: p.at,
    })
    .returning('id'),
);

type Ended = Pick<DeliveryRow, 'status' | 'response_code' | 'duration_ms' | 'response_excerpt' | 'error'>;

export const endTest = change((q, p: Ended & { id: number }) =>
  q
    .updateTable('deliveries')
    .set({
      status: p.status,
      attempts: 1,
      response_code: p.response_code,
      duration_ms: p.duration_ms,
      response_excerpt: p.response_excerpt,
      error: p.error,
    })
    .where('id', '=', p.id),
);

/** What was sent of a message: another attempt is made of what it is then. */
export const forgetBodies = change((q, p: { message_id: number }) =>
  q
    .updateTable('deliveries')
    .set({ body: null })
    .where('about_message_id', '=', p.message_id)
    .where('body', 'is not', null),
);

export const deleteOldDeliveries = change((q, p: { before: number; limit: number }) =>
  q
    .deleteFrom('deliveries')
    .where('id', 'in', ({ selectFrom }) =>
      selectFrom('deliveries').where('created_at', '<', p.before).orderBy('created_at').limit(p.limit).select('id'),
    ),
);
/** Webhooks that are gone and have left deliveries: one step of the index for each webhook, however many there are of it. */
export const findLeft = query((q, _: object) =>
  q
    .withRecursive('told(webhook_id)', (c) =>
      c
        .selectFrom('deliveries as d')
        .select(sql<number | null>`min(d.webhook_id)`.as('webhook_id'))
        .unionAll(
          c
            .selectFrom('told')
            .where('told.webhook_id', 'is not', null)
            .select(
              sql<
                number | null
              >`(select min(d.webhook_id) from deliveries as d where d.webhook_id > told.webhook_id)`.as('webhook_id'),
            ),
        ),
    )
    .selectFrom('told')
    .leftJoin('webhooks as w', 'w.id', 'told.webhook_id')
    .where('told.webhook_id', 'is not', null)
    .where('w.id', 'is', null)
    .select(sql<number>`told.webhook_id`.as('webhook_id')),
);
export const deleteDeliveriesOf = change((q, p: { webhook_id: number; limit: number }) =>
  q
    .deleteFrom('deliveries')
    .where('id', 'in', ({ selectFrom }) =>
      selectFrom('deliveries').where('webhook_id', '=', p.webhook_id).limit(p.limit).select('id'),
    ),
);
