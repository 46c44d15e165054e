import type { Recount } from '../../db/recount.ts';
import type { CounterName } from '../../db/tables.ts';

/** Rows of a deleted room are kept up no longer, and purged in no order that anybody sees: nothing of it is counted. */
export const living = `c.visibility <> 'deleted'`;

/** The numbers 1 to last_seq each once: as many as that lie within, and unique they are by their index. */
const containers: Recount = {
  of: 'container',
  names: ['last_seq', 'sequence', 'message_count', 'root_count', 'pinned_count', 'pinned_root_count'],
  from: `select c.id, c.last_seq, c.last_seq as sequence, c.message_count, c.root_count, c.pinned_count, c.pinned_root_count,
      coalesce(max(m.seq), 0) as counted_last_seq,
      count(case when m.seq between 1 and c.last_seq then 1 end) as counted_sequence,
      count(m.content) as counted_message_count,
      count(case when m.content is not null and m.parent_id is null then 1 end) as counted_root_count,
      count(case when m.is_pinned = 1 then 1 end) as counted_pinned_count,
      count(case when m.is_pinned = 1 and m.parent_id is null then 1 end) as counted_pinned_root_count
    from containers as c left join messages as m on m.container_id = c.id
    where ${living} group by c.id`,
};

const rooms: Recount = {
  of: 'room',
  names: ['member_count', 'owners', 'owner_id'],
  from: `select r.id, r.member_count, 1 as owners, r.owner_id, count(m.user_id) as counted_member_count,
      count(case when m.role = 'owner' then 1 end) as counted_owners,
      max(case when m.role = 'owner' then m.user_id end) as counted_owner_id
    from rooms as r inner join containers as c on c.id = r.id
    left join members as m on m.container_id = r.id and m.left_at is null
    where ${living} group by r.id`,
};

const conversations: Recount = {
  of: 'conversation',
  names: ['members', 'peers'],
  from: `select v.id, 2 as members, 2 as peers, count(m.user_id) as counted_members,
      count(case when m.user_id in (v.low_user_id, v.high_user_id) and m.role = 'peer' and m.left_at is null then 1 end) as counted_peers
    from conversations as v left join members as m on m.container_id = v.id group by v.id`,
};

const kept = {
  users: 0,
  conversations: 0,
  rooms_public: 0,
  rooms_private: 0,
  files: 0,
  file_bytes: 0,
} satisfies Record<CounterName, 0>;
const totalNames = Object.keys(kept).map((name) => `select '${name}' as name`);
const totals: Recount = {
  of: 'counter',
  names: ['value'],
  from: `select n.name as id, k.value,
      case n.name when 'users' then (select count(*) from users where is_deleted = 0)
        when 'conversations' then (select count(*) from conversations)
        when 'files' then (select count(*) from files)
        when 'file_bytes' then (select coalesce(sum(size), 0) from files)
        else (select count(*) from containers as c where 'rooms_' || c.visibility = n.name) end as counted_value
    from (${totalNames.join(' union all ')}) as n left join counters as k on k.name = n.name`,
};

/**
 * Two kinds above the mark do not count: the deleted, and living ones of one's own. The deleted are summed up along the container,
 * newest first, with the marks put between them; joined to every member they would be too many.
 */
const marks: Recount = {
  of: 'member',
  names: ['skipped_count', 'mention_count', 'last_read_seq'],
  from: `select m.container_id || ':' || m.user_id as id, m.skipped_count, m.mention_count, m.last_read_seq,
      gone.above + coalesce(own.above, 0) as counted_skipped_count,
      coalesce(mentioned.above, 0) as counted_mention_count,
      case when m.last_read_seq between 0 and c.last_seq then m.last_read_seq else c.last_seq end as counted_last_read_seq
    from members as m inner join containers as c on c.id = m.container_id
    inner join (
      select container_id, user_id,
        count(deleted) over (partition by container_id order by seq desc, user_id is null rows unbounded preceding) as above
      from (
        select container_id, seq, cast(null as bigint) as user_id, 1 as deleted from messages where content is null
        union all select container_id, last_read_seq, user_id, null from members where left_at is null
      ) as points
    ) as gone on gone.container_id = m.container_id and gone.user_id = m.user_id
    left join (
      select o.container_id, o.author_id, count(*) as above from messages as o
      inner join members as a on a.container_id = o.container_id and a.user_id = o.author_id and a.last_read_seq < o.seq
      where o.content is not null group by o.container_id, o.author_id
    ) as own on own.container_id = m.container_id and own.author_id = m.user_id
    left join (
      select n.container_id, n.user_id, count(*) as above from mentions as n
      inner join members as a on a.container_id = n.container_id and a.user_id = n.user_id and a.last_read_seq < n.seq
      group by n.container_id, n.user_id
    ) as mentioned on mentioned.container_id = m.container_id and mentioned.user_id = m.user_id
    where m.left_at is null and ${living}`,
};

export const counterRecounts: readonly Recount[] = [containers, rooms, conversations, totals, marks];
