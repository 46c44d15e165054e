import { sql } from 'kysely';
import { insertOfEach, queryOfIds } from '../../db/many.ts';
import { type Builder, change, type Query, query } from '../../db/statement.ts';
import type { WebhookRow } from '../../db/tables_of_webhooks.ts';

const columns = [
  'w.id',
  'w.user_id',
  'w.room_id',
  'w.url',
  'w.secret',
  'w.next_secret',
  'w.next_secret_at',
  'w.is_active',
  'w.disabled_reason',
  'w.failing_since',
  'w.version',
  'w.created_at',
  'w.updated_at',
] as const;

/** Those of a deleted room are gone with it: they only wait for their last deliveries. */
export const standing = (q: Builder) =>
  q
    .selectFrom('webhooks as w')
    .leftJoin('rooms as r', 'r.id', 'w.room_id')
    .leftJoin('containers as c', 'c.id', 'w.room_id')
    .where(({ or, eb }) => or([eb('w.room_id', 'is', null), eb('c.visibility', '!=', sql.lit('deleted'))]));

export const findWebhook = query((q, p: { id: number }) => standing(q).where('w.id', '=', p.id).select(columns));
export type StoredWebhook = typeof findWebhook extends Query<infer _, infer O> ? O : never;

interface Slice {
  limit: number;
  offset: number;
}

const ofOwner = (q: Builder, userId: number) => standing(q).where('r.owner_id', '=', userId);

/** Newest first. */
export const listAllWebhooks = query((q, p: Slice) =>
  standing(q).orderBy('w.id', 'desc').limit(p.limit).offset(p.offset).select(columns),
);
export const listWebhooksOfOwner = query((q, p: Slice & { user_id: number }) =>
  ofOwner(q, p.user_id).orderBy('w.id', 'desc').limit(p.limit).offset(p.offset).select(columns),
);
export const countAllWebhooks = query((q, _: object) => standing(q).select(sql<number>`count(*)`.as('total')));
export const countWebhooksOfOwner = query((q, p: { user_id: number }) =>
  ofOwner(q, p.user_id).select(sql<number>`count(*)`.as('total')),
);

/** What limits count: who made it, whoever manages it now. */
export const countMadeBy = query((q, p: { user_id: number }) =>
  standing(q).where('w.user_id', '=', p.user_id).select(sql<number>`count(*)`.as('total')),
);
export const countOfRoom = query((q, p: { room_id: number }) =>
  q.selectFrom('webhooks').where('room_id', '=', p.room_id).select(sql<number>`count(*)`.as('total')),
);

export const findSubscriptions = queryOfIds((q, ids) =>
  q
    .selectFrom('webhook_subscriptions')
    .where('webhook_id', 'in', ids)
    .orderBy('webhook_id')
    .orderBy('position')
    .select(['webhook_id', 'event']),
);

type NewWebhook = Pick<WebhookRow, 'user_id' | 'room_id' | 'url' | 'secret'> & { at: number };

export const insertWebhook = query((q, p: NewWebhook) =>
  q
    .insertInto('webhooks')
    .values({
      user_id: p.user_id,
      room_id: p.room_id,
      url: p.url,
      secret: p.secret,
      next_secret: null,
      next_secret_at: null,
      is_active: 1,
      disabled_reason: null,
      failing_since: null,
      version: 1,
      created_at: p.at,
      updated_at: p.at,
    })
    .returning('id'),
);

export const insertSubscriptions = insertOfEach('webhook_subscriptions', {
  room_id: 'bigint',
  event: 'text',
  webhook_id: 'bigint',
  position: 'bigint',
});

export const deleteSubscriptions = change((q, p: { webhook_id: number }) =>
  q.deleteFrom('webhook_subscriptions').where('webhook_id', '=', p.webhook_id),
);

type Settings = Pick<WebhookRow, 'user_id' | 'url' | 'is_active' | 'disabled_reason' | 'failing_since' | 'updated_at'>;

export const updateWebhook = change((q, p: Settings & { id: number }) =>
  q
    .updateTable('webhooks')
    .set({
      user_id: p.user_id,
      url: p.url,
      is_active: p.is_active,
      disabled_reason: p.disabled_reason,
      failing_since: p.failing_since,
      version: sql<number>`version + 1`,
      updated_at: p.updated_at,
    })
    .where('id', '=', p.id),
);

export const deleteWebhook = change((q, p: { id: number }) => q.deleteFrom('webhooks').where('id', '=', p.id));
