import { sql } from 'kysely';
import type { Reader } from '../../db/database.ts';
import { type Builder, dynamic } from '../../db/statement.ts';

/** What is asked for; times in epoch milliseconds, `to` exclusive. */
export interface AuditFilter {
  readonly roomId?: number;
  readonly action?: string | undefined;
  readonly userId?: number | undefined;
  readonly actorId?: number | undefined;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly exceptActions?: readonly string[];
}

export interface AuditPage {
  readonly beforeId?: number | undefined;
  readonly limit: number;
  readonly offset: number;
}

export type AuditEntry = Awaited<ReturnType<typeof listAudit>>[number];

/** Newest first. */
export function listAudit(db: Reader, filter: AuditFilter, { beforeId, limit, offset }: AuditPage) {
  return dynamic(db, (q) => {
    const rows = filtered(q, filter)
      .leftJoin('containers as c', 'c.id', 'a.container_id')
      .orderBy('a.id', 'desc')
      .limit(limit)
      .offset(offset)
      .select([
        'a.id',
        'a.action',
        'a.details',
        'a.user_id',
        'a.actor_id',
        'a.address',
        'a.created_at',
        'a.container_id',
        'c.visibility',
      ]);
    return beforeId === undefined ? rows : rows.where('a.id', '<', beforeId);
  });
}

/** How many rows the filter selects, wherever the page begins. */
export async function countAudit(db: Reader, filter: AuditFilter): Promise<number> {
  const [row] = await dynamic(db, (q) => filtered(q, filter).select(sql<number>`count(*)`.as('total')));
  return row?.total ?? 0;
}

function filtered(q: Builder, { roomId, action, userId, actorId, from, to, exceptActions }: AuditFilter) {
  let rows = q.selectFrom('audit_log as a');
  if (roomId !== undefined) rows = rows.where('a.container_id', '=', roomId);
  if (action !== undefined) rows = rows.where('a.action', '=', action);
  if (userId !== undefined) rows = rows.where('a.user_id', '=', userId);
  if (actorId !== undefined) rows = rows.where('a.actor_id', '=', actorId);
  if (exceptActions?.length) rows = rows.where('a.action', 'not in', [...exceptActions]);
  if (from !== undefined) rows = rows.where('a.created_at', '>=', from);
  return to === undefined ? rows : rows.where('a.created_at', '<', to);
}
