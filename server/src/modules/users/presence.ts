import type { Ctx, Deps } from '../../context.ts';
import { timestamp } from '../../timestamp.ts';
import { findBlocks } from '../conversations/store.ts';

// Online is who holds a socket, and sockets do not exist yet.
const IS_ONLINE = false;

interface Seen {
  readonly id: number;
  readonly last_seen: number;
  readonly created_at: number;
}

/** Whether somebody is here, and when he last was; where that is hidden, he looks as if he had never come back. */
export function presenceOf({ authority }: Pick<Deps, 'authority'>, person: Seen, isHidden: boolean) {
  const lastSeen = isHidden ? person.created_at : authority.activity.lastSeen(person.id, person.last_seen);
  return { is_online: IS_ONLINE, last_seen: timestamp(lastSeen) };
}

/** Those of these people whose presence the caller may not see: a block stops it between the two, whoever made it. */
export async function hiddenFrom(ctx: Ctx, userIds: readonly number[]): Promise<ReadonlySet<number>> {
  const { userId } = ctx.actor;
  const others = userIds.filter((id) => id !== userId);
  const blocks = await findBlocks.firstOfEach(
    ctx.db,
    others.map((id) => ({ low: Math.min(id, userId), high: Math.max(id, userId) })),
  );
  return new Set(others.filter((_, place) => blocks[place] !== undefined));
}
