import { sql } from 'kysely';
import { change } from '../../db/statement.ts';

interface Membership {
  container_id: number;
  user_id: number;
}

/**
 * A person's one row in a room, made or taken up again: who comes back starts as who comes first, at the room's present end.
 * A mute and the time of the last message stay, or leaving would be the way around mutes and slow mode.
 */
export const putMember = change(
  (q, p: Membership & { role: 'owner' | 'moderator' | 'member'; joined_at: number; last_read_seq: number }) =>
    q
      .insertInto('members')
      .values({
        container_id: p.container_id,
        user_id: p.user_id,
        role: p.role,
        joined_at: p.joined_at,
        left_at: null,
        left_event: null,
        last_read_seq: p.last_read_seq,
        skipped_count: 0,
        mention_count: 0,
        muted_until: null,
        has_blocked: 0,
        last_sent_at: 0,
      })
      .onConflict((conflict) =>
        conflict.columns(['container_id', 'user_id']).doUpdateSet((eb) => ({
          role: eb.ref('excluded.role'),
          joined_at: eb.ref('excluded.joined_at'),
          left_at: null,
          left_event: null,
          last_read_seq: eb.ref('excluded.last_read_seq'),
          skipped_count: 0,
          mention_count: 0,
        })),
      ),
);

export const addToMemberCount = change((q, p: { id: number; delta: number }) =>
  q
    .updateTable('rooms')
    .set({ member_count: sql<number>`member_count + ${p.delta}` })
    .where('id', '=', p.id),
);

interface End {
  left_at: number;
  /** The event that ended it: the last one of the room this person sees. */
  left_event: number;
}

export const endMembership = change((q, p: Membership & End) =>
  q
    .updateTable('members')
    .set({ left_at: p.left_at, left_event: p.left_event })
    .where('container_id', '=', p.container_id)
    .where('user_id', '=', p.user_id)
    .where('left_at', 'is', null),
);

export const endMemberships = change((q, p: { container_id: number } & End) =>
  q
    .updateTable('members')
    .set({ left_at: p.left_at, left_event: p.left_event })
    .where('container_id', '=', p.container_id)
    .where('left_at', 'is', null),
);

export const setRole = change((q, p: Membership & { role: 'owner' | 'moderator' | 'member' }) =>
  q
    .updateTable('members')
    .set({ role: p.role })
    .where('container_id', '=', p.container_id)
    .where('user_id', '=', p.user_id),
);

export const setMute = change((q, p: Membership & { muted_until: number | null }) =>
  q
    .updateTable('members')
    .set({ muted_until: p.muted_until })
    .where('container_id', '=', p.container_id)
    .where('user_id', '=', p.user_id),
);
