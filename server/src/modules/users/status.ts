import { allow } from '../../access.ts';
import { type Ctx, write } from '../../context.ts';
import type { Status } from '../../db/tables.ts';
import { setStatus } from './status_store.ts';
import { updateMe } from './update.ts';

export interface StatusChange {
  readonly status: Status;
  /** Absent it stays; null clears it. */
  readonly message?: string | null | undefined;
}

/** How the caller wants to be seen while connected: kept, so that who is invisible stays so over a restart. */
export async function changeStatus(ctx: Ctx, { status, message }: StatusChange): Promise<void> {
  allow(ctx, 'user.update_self');
  if (message !== undefined) await updateMe(ctx, { status_message: message });
  const id = ctx.actor.userId;
  await write(ctx, 'user.status', ({ db, now }) => setStatus.run(db, { id, status, at: now }));
  await ctx.deps.realtime.presence.changed(id);
  ctx.deps.nodes.talk.tell('status', { userId: id });
}
