import type { Ctx, Deps } from '../../context.ts';
import type { ShownStatus } from '../../realtime/presence.ts';
import { timestamp } from '../../timestamp.ts';
import { findBlocks } from '../conversations/store.ts';

interface Seen {
  readonly id: number;
  readonly last_seen: number;
  readonly created_at: number;
  readonly invisible_since: number | null;
}

/** What knows who is here. */
export interface Sights {
  readonly authority: { readonly activity: Pick<Deps['authority']['activity'], 'lastSeen'> };
  readonly realtime: { readonly presence: Pick<Deps['realtime']['presence'], 'statusOf'> };
}

/** Who looks at people, and with what: less than a `Ctx`, so that it can be had without a server. */
export interface Viewing extends Pick<Ctx, 'db' | 'now'> {
  readonly actor: Pick<Ctx['actor'], 'userId'>;
  readonly deps: Sights;
}

/** Whether somebody is here, and when he last was; where that is hidden, he looks as if he had never come back. */
export function presenceOf(deps: Sights, person: Seen, isHidden: boolean) {
  if (isHidden) return shown('offline', person.created_at);
  const lastSeen = shownLastSeen(person, deps.authority.activity.lastSeen(person.id, person.last_seen));
  return shown(deps.realtime.presence.statusOf(person.id), lastSeen);
}

const shown = (status: ShownStatus, lastSeen: number) => ({
  ...{ is_online: status !== 'offline', status },
  last_seen: timestamp(lastSeen),
});

/** Whoever is invisible was last seen before he was. */
export function shownLastSeen({ invisible_since }: Pick<Seen, 'invisible_since'>, lastSeen: number): number {
  return invisible_since === null ? lastSeen : Math.min(invisible_since, lastSeen);
}

/** Those of these people whose presence the caller may not see: a block stops it between the two, whoever made it. */
export async function hiddenFrom(ctx: Viewing, userIds: readonly number[]): Promise<ReadonlySet<number>> {
  const { userId } = ctx.actor;
  const others = userIds.filter((id) => id !== userId);
  const blocks = await findBlocks.firstOfEach(
    ctx.db,
    others.map((id) => ({ low: Math.min(id, userId), high: Math.max(id, userId) })),
  );
  return new Set(others.filter((_, place) => blocks[place] !== undefined));
}
