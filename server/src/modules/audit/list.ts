import { allow, allowInRoom } from '../../access.ts';
import { type Answer, ok } from '../../answer.ts';
import type { Ctx } from '../../context.ts';
import { invalidField } from '../../errors.ts';
import { eventCatalogue } from '../../events.ts';
import { instantOf } from '../../instant.ts';
import { judgeRoom } from '../../judge.ts';
import { presentEntry } from './present.ts';
import type { AuditOptions } from './schema.ts';
import { type AuditFilter, countAudit, listAudit } from './store.ts';

const ofWebhooks = Object.keys(eventCatalogue).filter((type) => type.startsWith('webhook_'));

/** What was done in a room, for who moderates it; what was done to its webhooks only for who may know of them. */
export async function listRoomAudit(ctx: Ctx, roomId: number, options: AuditOptions): Promise<Answer> {
  const { room } = await allowInRoom(ctx, 'room.audit', roomId);
  const exceptActions = judgeRoom(ctx, 'webhook.manage', room) === undefined ? [] : ofWebhooks;
  return page(ctx, { ...filterOf(options), roomId, exceptActions }, options);
}

/** What was done anywhere on the server. */
export async function listServerAudit(ctx: Ctx, options: AuditOptions): Promise<Answer> {
  allow(ctx, 'admin.audit');
  return page(ctx, filterOf(options), options);
}

async function page(ctx: Ctx, filter: AuditFilter, options: AuditOptions): Promise<Answer> {
  const { limit, offset, before_id: beforeId } = options;
  const entries = await listAudit(ctx.db, filter, { beforeId, limit: limit + 1, offset });
  const isAdmin = ctx.actor.role === 'admin';
  return ok({
    logs: entries.slice(0, limit).map((entry) => presentEntry(entry, isAdmin)),
    total: await countAudit(ctx.db, filter),
    has_more: entries.length > limit,
  });
}

function filterOf(options: AuditOptions): AuditFilter {
  const [from, to] = [timeOf('from', options.from), timeOf('to', options.to)];
  if (from !== undefined && to !== undefined && to < from) throw invalidField('to', 'before_from');
  return { action: options.action, userId: options.user_id, actorId: options.actor_id, from, to };
}

const timeOf = (field: 'from' | 'to', text: string | undefined): number | undefined =>
  text === undefined ? undefined : instantOf(field, text);
