import { sql } from 'kysely';
import { type Builder, change, query } from '../../db/statement.ts';

const activeOf = (q: Builder, userId: number) =>
  q
    .selectFrom('webhooks as w')
    .where('w.user_id', '=', userId)
    .where('w.is_active', '=', sql.lit(1))
    .orderBy('w.id')
    .select(['w.id', 'w.user_id', 'w.room_id']);

export const findActiveOf = query((q, p: { user_id: number }) => activeOf(q, p.user_id));
export const findActiveInRoom = query((q, p: { user_id: number; room_id: number }) =>
  activeOf(q, p.user_id).where('w.room_id', '=', p.room_id),
);
/** What only an admin may have: of the whole server, or of a room that is another's. */
export const findActiveBeyondOwn = query((q, p: { user_id: number }) =>
  activeOf(q, p.user_id)
    .leftJoin('rooms as r', 'r.id', 'w.room_id')
    .where(({ or, eb }) => or([eb('w.room_id', 'is', null), eb('r.owner_id', '!=', p.user_id)])),
);

/** For whoever has just attempted a delivery. */
export const findActive = query((q, p: { id: number }) =>
  q
    .selectFrom('webhooks as w')
    .where('w.id', '=', p.id)
    .where('w.is_active', '=', sql.lit(1))
    .select(['w.id', 'w.user_id', 'w.room_id', 'w.failing_since']),
);

export const disableWebhook = change((q, p: { id: number; reason: string; at: number }) =>
  q
    .updateTable('webhooks')
    .set({
      is_active: 0,
      disabled_reason: p.reason,
      version: sql<number>`version + 1`,
      updated_at: p.at,
    })
    .where('id', '=', p.id),
);

/** Nothing more comes of them but what is on its way: a deleted room's last event among it. */
export const closeWebhooksOfRoom = change((q, p: { room_id: number; at: number }) =>
  q
    .updateTable('webhooks')
    .set({ is_active: 0, disabled_reason: 'room_deleted', updated_at: p.at })
    .where('room_id', '=', p.room_id)
    .where('is_active', '=', 1),
);
