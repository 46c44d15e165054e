import { allow } from '../../access.ts';
import { type Answer, ok } from '../../answer.ts';
import type { Ctx } from '../../context.ts';
import type { CounterName } from '../../db/tables.ts';
import { runtime } from '../../runtime.ts';
import { version } from '../../version.ts';
import { countFailedSince, countPending, countWebhooks } from '../webhooks/count_store.ts';
import { HOURS_OF_A_DAY, HOURS_OF_A_WEEK, hourOf, startOf } from './hours.ts';
import { byHour } from './present.ts';
import { counters, countSeenSince, tallyByHour, tallyOf } from './store.ts';
import { ALWAYS } from './tally.ts';

// Its counters come with it; each stands here once.
const sockets = { users: 0, connections: 0 };

/** The server in figures: counters and tallies; where something is counted, it is by an index and no further than to an end. */
export async function getServerStatistics(ctx: Ctx): Promise<Answer> {
  allow(ctx, 'admin.read');
  const { db, deps, now } = ctx;
  const since = hourOf(now) - HOURS_OF_A_DAY + 1;
  const week = await tallyByHour.all(db, { name: 'messages', since: hourOf(now) - HOURS_OF_A_WEEK + 1 });
  const day = week.filter(({ hour }) => hour >= since);
  const kept = new Map((await counters.all(db, {})).map(({ name, value }) => [name, value]));
  const counted = (name: CounterName) => kept.get(name) ?? 0;
  const always = async (name: 'messages' | 'reactions') =>
    (await tallyOf.first(db, { name, hour: ALWAYS }))?.value ?? 0;
  return ok({
    users: { total: counted('users'), active_24h: await activeSince(ctx, startOf(since)), online: sockets.users },
    rooms: {
      total: counted('rooms_public') + counted('rooms_private'),
      public: counted('rooms_public'),
      private: counted('rooms_private'),
    },
    messages: { total: await always('messages'), last_24h: sumOf(day), last_7d: sumOf(week) },
    conversations: { total: counted('conversations') },
    files: { count: counted('files'), bytes: counted('file_bytes') },
    reactions: { total: await always('reactions') },
    webhooks: await webhooksSince(ctx, startOf(since)),
    connections: { websocket: sockets.connections },
    storage: { engine: db.dialect, bytes: await deps.db.size() },
    process: {
      uptime_seconds: runtime.uptimeSeconds(),
      version,
      memory_bytes: runtime.memoryBytes(),
      node: runtime.node,
    },
    messages_by_hour: byHour(day, now),
  });
}

const sumOf = (hours: readonly { value: number }[]) => hours.reduce((sum, { value }) => sum + value, 0);

/** People seen since; when they were is written some seconds later (users/activity.ts). */
async function activeSince({ db }: Ctx, since: number): Promise<number> {
  return (await countSeenSince.first(db, { since }))?.users ?? 0;
}

async function webhooksSince({ db }: Ctx, since: number) {
  const there = (await countWebhooks.first(db, {})) ?? { total: 0, active: 0 };
  const pending = (await countPending.first(db, {}))?.deliveries ?? 0;
  const failed = (await countFailedSince.first(db, { since }))?.deliveries ?? 0;
  return { ...there, pending, failed_24h: failed };
}
