import type { Connection } from '../connection.ts';
import {
  EPOCH,
  FIRST_AUTHOR,
  FIRST_PERSON,
  FIRST_ROOM,
  HERMIT,
  HISTORY_END,
  PEOPLE,
  people,
  type Shape,
} from './shape.ts';

const DAY_MS = 86_400_000;
const FAR = Date.UTC(2100, 0, 1);
const words =
  'the quick brown fox jumps over the lazy dog while forty two engineers argue about whether the kettle belongs to the ' +
  'platform team or to whoever last filled it, and nobody has looked at the deploy for an hour, which is how it likes it best';

const uuid = `lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-a' ||
  substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))`;
export const upTo = (count: number) =>
  `with recursive n(i) as (select 0 union all select i + 1 from n where i + 1 < ${count}) `;

/** Fills a migrated, empty database, in one transaction. */
export function fill(connection: Connection, shape: Shape): void {
  connection.transaction(() => {
    insertPeople(connection);
    insertRooms(connection, shape);
    insertMembers(connection, shape);
    insertMessages(connection, shape);
    insertReactions(connection);
  })();
}

function insertPeople(connection: Connection) {
  const user =
    connection.prepare(`insert into users (id, uuid, username, username_key, email, email_key, role, is_suspended, is_deleted,
    last_seen, version, created_at, updated_at) values (?, ?, ?, ?, ?, ?, 'user', 0, 0, ${EPOCH}, 1, ${EPOCH}, ${EPOCH})`);
  const session =
    connection.prepare(`insert into sessions (id, user_id, user_agent, address, created_at, last_used_at, expires_at)
    values (?, ?, 'bench', '127.0.0.1', ${EPOCH}, ${EPOCH}, ${FAR})`);
  for (const { id, username } of [...people, { id: HERMIT, username: 'hermit' }]) {
    const email = `${username}@example.com`;
    user.run(id, `user-${id}`, username, username, email, email);
  }
  for (const { id, sessionId } of people) session.run(sessionId, id);
}

function insertRooms(connection: Connection, { rooms, messages, joined }: Shape) {
  const each = Math.floor(messages / rooms);
  // The rooms that everybody is in are spread among the others by activity.
  connection.exec(`${upTo(rooms)} insert into containers (id, uuid, visibility, last_seq, message_count, root_count, pinned_count,
    pinned_root_count, last_activity, created_at)
    select ${FIRST_ROOM} + i, ${uuid}, 'public', ${each}, ${each}, ${each}, 0, 0, ${EPOCH} + i * 7919 % ${rooms} * 1000, ${EPOCH} from n`);
  connection.exec(`${upTo(rooms)} insert into rooms (id, name, name_folded, description, is_archived, auto_join, owner_id, member_count,
    max_members, slow_mode_seconds, metadata, version, updated_at)
    select ${FIRST_ROOM} + i, 'Room ' || i, 'room ' || i, 'Where we talk about the matter number ' || i, 0, 0, ${HERMIT},
    1 + ${PEOPLE} * (i < ${joined}), 1000, 0, '{}', 1, ${EPOCH} from n`);
  connection.prepare("update counters set value = ? where name = 'rooms_public'").run(rooms);
}

function insertMembers(connection: Connection, { rooms, messages, joined }: Shape) {
  const each = Math.floor(messages / rooms);
  const columns =
    '(container_id, user_id, role, joined_at, last_read_seq, skipped_count, mention_count, has_blocked, last_sent_at)';
  connection.exec(`${upTo(rooms)} insert into members ${columns}
    select ${FIRST_ROOM} + i, ${HERMIT}, 'owner', ${EPOCH}, 0, 0, 0, 0, 0 from n`);
  connection.exec(`${upTo(joined * PEOPLE)} insert into members ${columns}
    select ${FIRST_ROOM} + i / ${PEOPLE}, ${FIRST_PERSON} + i % ${PEOPLE}, 'member', ${EPOCH}, ${each} - ${each} * (i % 3) / 2, 0, 0, 0, 0
    from n`);
}

/** Who wrote message number `i`, and when, in SQL. */
function authorAndTime({ messages, history }: Shape): { author: string; at: string } {
  if (!history) return { author: `${FIRST_PERSON} + i * 7 % ${PEOPLE}`, at: `${EPOCH} + i` };
  const { days, authors } = history;
  return {
    author: `${FIRST_AUTHOR} + i * 7 % ${authors}`,
    at: `${HISTORY_END - days * DAY_MS} + i * ${days * DAY_MS} / ${messages}`,
  };
}

/** A tenth of the messages has reactions, from one to four. */
function insertMessages(connection: Connection, shape: Shape) {
  const { rooms, messages } = shape;
  const { author, at } = authorAndTime(shape);
  const text = connection.prepare('select ?').pluck().get(words) as string;
  connection
    .prepare(`${upTo(messages)} insert into messages (uuid, container_id, seq, author_id, content, thread_count, is_pinned, is_listed, edit_count,
    reaction_count, version, mentions, metadata, created_at, updated_at)
    select ${uuid}, ${FIRST_ROOM} + i % ${rooms}, 1 + i / ${rooms}, ${author},
    substr(?, 1 + i % 90, 40 + i % 110), 0, 0, 1, 0, reacted, 1 + reacted, '[]', '{}', ${at}, ${at}
    from (select i, (i / ${rooms} % 10 = 0) * (1 + i / ${rooms} / 10 % 4) as reacted from n)`)
    .run(text);
}

function insertReactions(connection: Connection) {
  connection.exec(`insert into reactions (message_id, emoji, user_id, created_at)
    select m.id, case when k.value % 3 = 0 then '👍' else '🎉' end, ${FIRST_PERSON} + (m.id + k.value * 11) % ${PEOPLE}, m.created_at + k.value
    from messages m join (select 1 as value union select 2 union select 3 union select 4) k on k.value <= m.reaction_count
    where m.reaction_count > 0`);
}
