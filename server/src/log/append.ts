import type { Writer } from '../db/database.ts';
import { insertOfEach, insertRowsOfEach } from '../db/many.ts';
import { eventCatalogue, type NewEvent, streamOf } from '../events.ts';
import { enqueueDeliveries } from './enqueue.ts';

export interface EventEntry {
  readonly event: NewEvent;
  readonly actorId: number;
  /** Where the request came from; kept in audit rows only. */
  readonly address: string;
  /** The trace that request belongs to, handed on to webhooks. */
  readonly traceparent: string | null;
  /** Epoch milliseconds. */
  readonly at: number;
}

const insertEvents = insertRowsOfEach<ReturnType<typeof eventRow>, { id: number; is_hooked: number | null }>(
  'events',
  {
    stream: 'text',
    type: 'text',
    actor_id: 'bigint',
    container_id: 'bigint',
    message_id: 'bigint',
    user_id: 'bigint',
    version: 'bigint',
    data: 'text',
    created_at: 'bigint',
  },
  // With each row comes whether anybody listens at all: where nobody does, webhooks cost no statement.
  'id, (select 1 from webhook_subscriptions limit 1) as is_hooked',
);

const insertAudit = insertOfEach('audit_log', {
  event_id: 'bigint',
  container_id: 'bigint',
  action: 'text',
  user_id: 'bigint',
  actor_id: 'bigint',
  details: 'text',
  address: 'text',
  created_at: 'bigint',
});

/** Writes events, the audit rows of those the catalogue marks as audited, and what webhooks are to be told, in the caller's transaction; resolves with their ids. */
export async function appendEvents(db: Writer, entries: readonly EventEntry[]): Promise<number[]> {
  for (const { event } of entries)
    if (!db.locked.has(streamOf(event))) throw new Error(`${event.type} was emitted without the lock of its stream`);
  const rows = await insertEvents(db, entries.map(eventRow));
  const ids = rows.map(({ id }) => id);
  const audited = entries.flatMap((entry, index) => auditRow(entry, ids[index] as number));
  await insertAudit(db, audited);
  if (rows.some(({ is_hooked }) => is_hooked !== null)) {
    const logged = entries.map((entry, index) => ({ ...entry, id: ids[index] as number }));
    await enqueueDeliveries(db, logged);
  }
  return ids;
}

function eventRow({ event, actorId, at }: EventEntry) {
  return {
    stream: streamOf(event),
    type: event.type,
    actor_id: actorId,
    container_id: event.containerId ?? null,
    message_id: event.messageId ?? null,
    user_id: event.userId ?? null,
    version: event.version ?? null,
    data: event.data ? JSON.stringify(event.data) : '{}',
    created_at: at,
  };
}

function auditRow({ event, actorId, address, at }: EventEntry, eventId: number) {
  if (!eventCatalogue[event.type].audited || !event.audit) return [];
  return [
    {
      event_id: eventId,
      container_id: event.containerId ?? null,
      action: event.type,
      user_id: event.audit.userId ?? null,
      actor_id: actorId,
      details: JSON.stringify({
        ...(event.messageId ? { message_id: event.messageId } : {}),
        ...event.data,
        ...event.audit.details,
      }),
      address,
      created_at: at,
    },
  ];
}
