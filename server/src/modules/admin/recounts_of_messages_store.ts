import type { Reader } from '../../db/database.ts';
import { forgottenBefore, type Recount } from '../../db/recount.ts';
import { textOf } from '../../db/statement.ts';
import { living } from './recounts_of_containers_store.ts';

const inLiving = `inner join containers as c on c.id = m.container_id and ${living}`;

/** Only roots have threads; listed is what lives or has living replies; what was deleted has nothing left hanging on it. */
const messages: Recount = {
  of: 'message',
  names: ['thread_count', 'is_listed', 'is_pinned', 'edit_count', 'wordings_left', 'reaction_count', 'parent_id'],
  from: `select m.id, m.thread_count, m.is_listed, m.is_pinned, m.edit_count, 0 as wordings_left, m.reaction_count, m.parent_id,
      coalesce(t.replies, 0) as counted_thread_count,
      case when m.content is not null or t.replies > 0 then 1 else 0 end as counted_is_listed,
      case when m.content is null then 0 else m.is_pinned end as counted_is_pinned,
      case when m.content is null then m.edit_count when v.wordings > 0 then v.wordings - 1 else 0 end as counted_edit_count,
      case when m.content is null then coalesce(v.wordings, 0) else 0 end as counted_wordings_left,
      coalesce(r.reactions, 0) as counted_reaction_count,
      case when p.container_id = m.container_id then coalesce(p.parent_id, p.id) end as counted_parent_id
    from messages as m ${inLiving} left join messages as p on p.id = m.parent_id
    left join (select parent_id, count(content) as replies from messages where parent_id is not null group by parent_id) as t on t.parent_id = m.id
    left join (select message_id, count(*) as wordings from message_revisions group by message_id) as v on v.message_id = m.id
    left join (select message_id, count(*) as reactions from reactions group by message_id) as r on r.message_id = m.id`,
};

/** Pages go by id, unread counts by seq: within a container both must give one order. */
const order: Recount = {
  of: 'message',
  names: ['after'],
  from: `select id, id as after, case when earlier > id then earlier else id end as counted_after
    from (select m.id, lag(m.id) over (partition by m.container_id order by m.seq) as earlier from messages as m ${inLiving}) as m`,
};

const list = `replace(replace(m.mentions, '[', ','), ']', ',')`;
const fits = `n.container_id = m.container_id and n.seq = m.seq and ${list} like '%,' || n.user_id || ',%'`;

/** The list in a message against the rows that make it findable; the author, who may name himself, has none. */
const mentions: Recount = {
  of: 'message',
  names: ['mentions', 'stray_mentions'],
  from: `select m.id, 0 as stray_mentions,
      case when m.mentions = '[]' then 0 else length(m.mentions) - length(replace(m.mentions, ',', '')) + 1 end
        - case when ${list} like '%,' || m.author_id || ',%' then 1 else 0 end as mentions,
      count(case when ${fits} then 1 end) as counted_mentions,
      count(n.message_id) - count(case when ${fits} then 1 end) as counted_stray_mentions
    from messages as m ${inLiving} left join mentions as n on n.message_id = m.id
    where m.mentions <> '[]' or n.message_id is not null group by m.container_id, m.id`,
};

/** Nothing of a message is without it, or says that it is somewhere else. */
const hanging: Recount = {
  of: 'message',
  names: ['hanging'],
  from: `select h.message_id as id, count(*) as hanging, 0 as counted_hanging
    from (select message_id, container_id from reactions union all select message_id, container_id from message_revisions
      union all select message_id, container_id from mentions) as h
    left join messages as m on m.id = h.message_id where m.id is null or m.container_id <> h.container_id group by h.message_id`,
};

const sent: Recount = {
  of: 'message',
  names: ['sent_events'],
  from: `select m.id, 1 as sent_events, coalesce(e.events, 0) as counted_sent_events from messages as m ${inLiving}
    left join (select message_id, container_id, count(*) as events from events where type = 'message_sent' group by message_id, container_id) as e
      on e.message_id = m.id and e.container_id = m.container_id
    where m.created_at >= ${forgottenBefore}`,
};

const sentEvents: Recount = {
  of: 'event',
  names: ['message_id', 'stream'],
  from: `select e.id, e.message_id, e.stream, m.id as counted_message_id, 'container:' || m.container_id as counted_stream
    from events as e inner join containers as c on c.id = e.container_id and ${living}
    left join messages as m on m.id = e.message_id where e.type = 'message_sent'`,
};

/** Every event of an audited type has its audit row, and no other has one; what is older than the audit log is not looked at. */
const audited = (types: readonly string[]): Recount => ({
  of: 'event',
  names: ['audit_rows'],
  from: `select e.id, case when e.type in (${types.map((type) => `'${type}'`).join(', ')}) then 1 else 0 end as audit_rows,
      coalesce(a.entries, 0) as counted_audit_rows from events as e
    left join (select event_id, action, count(*) as entries from audit_log group by event_id, action) as a on a.event_id = e.id and a.action = e.type
    where e.created_at >= coalesce((select at from audit_marks where name = 'checkpoint'), 0)`,
});

const auditRows: Recount = {
  of: 'audit_row',
  names: ['event_id', 'actor_id', 'container_id'],
  from: `select a.id, a.event_id, a.actor_id, a.container_id, e.id as counted_event_id, e.actor_id as counted_actor_id,
      e.container_id as counted_container_id
    from audit_log as a left join events as e on e.id = a.event_id and e.type = a.action
    where a.created_at >= ${forgottenBefore}`,
};

export const messageRecounts = (auditedTypes: readonly string[]): readonly Recount[] => [
  messages,
  order,
  mentions,
  hanging,
  sent,
  sentEvents,
  audited(auditedTypes),
  auditRows,
];

const size =
  textOf(`select (select count(*) from containers) + (select count(*) from members) + (select count(*) from messages)
  + (select count(*) from reactions) + (select count(*) from files) + (select count(*) from blobs)
  + (select count(*) from webhook_subscriptions) + (select count(*) from events) + (select count(*) from audit_log) as checked`);

/** Rows that a recount of everything looks at. */
export async function countChecked(db: Reader): Promise<number> {
  const [row] = await db.all(size, []);
  return row?.checked as number;
}
