import { sql } from 'kysely';
import { insertOfEach, updateOfEach } from '../../db/many.ts';
import { query } from '../../db/statement.ts';

export const findAutoRooms = query((q, _: object) =>
  q
    .selectFrom('rooms as r')
    .innerJoin('containers as c', 'c.id', 'r.id')
    .where('r.auto_join', '=', sql.lit(1))
    .where('c.visibility', '!=', 'deleted')
    .orderBy('r.id')
    .select(['r.id', 'c.last_seq']),
);

export const insertMembers = insertOfEach('members', {
  container_id: 'bigint',
  user_id: 'bigint',
  role: 'text',
  joined_at: 'bigint',
  last_read_seq: 'bigint',
  skipped_count: 'bigint',
  mention_count: 'bigint',
  has_blocked: 'bigint',
  last_sent_at: 'bigint',
});

export const countMember = updateOfEach({ id: 'bigint' }, (q, p: { id: number }) =>
  q.updateTable('rooms').set({ member_count: sql<number>`member_count + 1` }).where('rooms.id', '=', p.id),
);
