import { sql } from 'kysely';
import { holding, leavingLocked } from '../../db/claims.ts';
import { queryOfIds } from '../../db/many.ts';
import { type Builder, change, query } from '../../db/statement.ts';
import type { Flag } from '../../db/tables.ts';
import type { DeliveryRow } from '../../db/tables_of_webhooks.ts';

/** Of one that is off, what is due waits; except when its room was deleted: then it is still delivered. */
const isTold = sql<boolean>`(w.is_active = 1 or w.disabled_reason = 'room_deleted')`;

const open = (q: Builder) => q.selectFrom('deliveries as d').where('d.due_at', 'is not', null);

/**
 * The webhooks with open deliveries, each with the time of its first one. It takes one index step a webhook, however many deliveries
 * each has.
 */
export const findWaiting = query((q, _: object) =>
  q
    .withRecursive('waiting(webhook_id)', (c) =>
      open(c as unknown as Builder)
        .select(sql<number | null>`min(d.webhook_id)`.as('webhook_id'))
        .unionAll(
          c
            .selectFrom('waiting')
            .where('waiting.webhook_id', 'is not', null)
            .select(
              sql<
                number | null
              >`(select min(d.webhook_id) from deliveries as d where d.due_at is not null and d.webhook_id > waiting.webhook_id)`.as(
                'webhook_id',
              ),
            ),
        ),
    )
    .selectFrom('waiting')
    .innerJoin('webhooks as w', 'w.id', 'waiting.webhook_id')
    .where(isTold)
    .select([
      'w.id',
      'w.failing_since',
      sql<number>`(select min(d.due_at) from deliveries as d where d.due_at is not null and d.webhook_id = w.id)`.as(
        'due_at',
      ),
    ]),
);

interface Claim {
  webhook_id: number;
  now: number;
  /** When somebody else may have it, if nobody has told by then how it ended. */
  until: number;
  claimed_by: string;
  limit: number;
}

/** Takes what is due first, unless its webhook was switched off meanwhile; of two that ask at once, each delivery goes to one. */
export const claimDue = query((q, p: Claim, dialect) =>
  q
    .with('due', (c) => {
      const first = open(c as unknown as Builder)
        .where('d.webhook_id', '=', p.webhook_id)
        .where('d.due_at', '<=', p.now)
        .where(({ exists, selectFrom }) =>
          exists(
            selectFrom('webhooks as w').where('w.id', '=', p.webhook_id).where(isTold).select(sql.lit(1).as('one')),
          ),
        )
        .orderBy('d.due_at')
        .orderBy('d.id')
        .limit(p.limit)
        .select('d.id');
      return leavingLocked(first, dialect);
    })
    .updateTable('deliveries')
    .set({ due_at: p.until, claimed_by: p.claimed_by })
    .where('id', 'in', ({ selectFrom }) => selectFrom('due').select('due.id'))
    .returning('id'),
);

/** What an attempt needs to know. */
export const findClaimed = queryOfIds((q, ids) =>
  q
    .selectFrom('deliveries as d')
    .innerJoin('webhooks as w', 'w.id', 'd.webhook_id')
    .leftJoin('events as e', 'e.id', 'd.event_id')
    .leftJoin('containers as c', 'c.id', 'e.container_id')
    .leftJoin('messages as m', 'm.id', 'd.about_message_id')
    .where('d.id', 'in', ids)
    .orderBy('d.id')
    .select([
      ...([
        'd.id',
        'd.webhook_id',
        'd.message_id',
        'd.event',
        'd.step',
        'd.body',
        'w.url',
        'w.secret',
        'w.next_secret',
        'w.next_secret_at',
        'w.failing_since',
      ] as const),
      ...(['e.type', 'e.actor_id', 'e.container_id', 'e.message_id as subject_id', 'e.user_id', 'e.data'] as const),
      'e.created_at as happened_at',
      ...(['e.version', 'd.event_id', 'd.traceparent', 'd.created_at'] as const),
      // The message has no words any more, or is in a room that has none.
      sql<Flag>`case when d.about_message_id is not null and (m.content is null or c.visibility = 'deleted') then 1 else 0 end`.as(
        'is_gone',
      ),
    ]),
);

export const keepBody = change((q, p: { id: number; body: string }) =>
  q.updateTable('deliveries').set({ body: p.body }).where('id', '=', p.id),
);

export const giveUp = change((q, p: { id: number }) =>
  q
    .updateTable('deliveries')
    .set({ status: 'exhausted', due_at: null, claimed_by: null, error: 'not_sent' })
    .where('id', '=', p.id),
);

type Ended = Pick<
  DeliveryRow,
  'status' | 'step' | 'due_at' | 'response_code' | 'duration_ms' | 'response_excerpt' | 'error'
> & { id: number };

/** Whether the message a delivery is about is deleted; it is held until the transaction ends, so that it is not deleted meanwhile. */
export const holdSubject = query((q, p: { delivery_id: number }, dialect) =>
  holding(
    q
      .selectFrom('messages as m')
      .where('m.id', '=', ({ selectFrom }) =>
        selectFrom('deliveries').where('id', '=', p.delivery_id).select('about_message_id'),
      )
      .select(sql<Flag>`case when m.content is null then 1 else 0 end`.as('is_gone')),
    dialect,
  ),
);

/** Only whoever holds it says how it ended; of a message that is gone nothing is kept. */
export const endAttempt = change((q, p: Ended & { claimed_by: string; is_gone: Flag }) =>
  q
    .updateTable('deliveries')
    .set({
      status: p.status,
      attempts: sql<number>`attempts + 1`,
      step: p.step,
      due_at: p.due_at,
      claimed_by: null,
      response_code: p.response_code,
      duration_ms: p.duration_ms,
      response_excerpt: p.response_excerpt,
      error: p.error,
      body: sql<string | null>`case when ${p.is_gone} = 1 then null else body end`,
    })
    .where('id', '=', p.id)
    .where('claimed_by', '=', p.claimed_by),
);

/** An attempt nobody knows the end of does not count, and is made again at once. */
export const releaseClaims = change((q, p: { claimed_by: string; now: number }) =>
  q.updateTable('deliveries').set({ due_at: p.now, claimed_by: null }).where('claimed_by', '=', p.claimed_by),
);
/** The same for a process that is gone, where there is only one at a time. */
export const releaseAllClaims = change((q, p: { now: number }) =>
  q.updateTable('deliveries').set({ due_at: p.now, claimed_by: null }).where('claimed_by', 'is not', null),
);

export const markFailing = change((q, p: { id: number; at: number }) =>
  q.updateTable('webhooks').set({ failing_since: p.at }).where('id', '=', p.id).where('failing_since', 'is', null),
);
export const markWell = change((q, p: { id: number }) =>
  q.updateTable('webhooks').set({ failing_since: null }).where('id', '=', p.id).where('failing_since', 'is not', null),
);
