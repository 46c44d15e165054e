import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { migrate } from '../../server/src/db/migrations/migrate.ts';
import { openSqlite } from '../../server/src/db/sqlite.ts';
import { connectForSeeding } from '../connection.ts';
import { upTo } from './fill.ts';
import { EPOCH, FIRST_PERSON, FIRST_ROOM } from './shape.ts';

/** Many people with a session each, everybody in some of the rooms. */
export interface Crowd {
  readonly people: number;
  readonly rooms: number;
  /** Of the rooms, how many each person is in. */
  readonly each: number;
}

const FAR = Date.UTC(2100, 0, 1);
export const nameOf = (place: number): string => `crowd_${place}`;
export const sessionOf = (place: number): string => `crowd-session-${place}`;

/** Puts a database with a crowd into the directory. */
export async function seedCrowd(directory: string, { people, rooms, each }: Crowd): Promise<void> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, 'veza.db');
  const db = openSqlite({ path, minFreeBytes: 0, onFatal: (error) => Promise.reject(error) });
  await migrate(db, Date.now());
  await db.close();
  const connection = connectForSeeding(path);
  const perRoom = Math.ceil((people * each) / rooms);
  connection.transaction(() => {
    connection.exec(`${upTo(people)} insert into users (id, uuid, username, username_key, email, email_key, role, is_suspended, is_deleted,
      last_seen, version, created_at, updated_at)
      select ${FIRST_PERSON} + i, 'user-' || i, 'crowd_' || i, 'crowd_' || i, 'crowd_' || i || '@example.com',
      'crowd_' || i || '@example.com', 'user', 0, 0, ${EPOCH}, 1, ${EPOCH}, ${EPOCH} from n`);
    connection.exec(`${upTo(people)} insert into sessions (id, user_id, user_agent, address, created_at, last_used_at, expires_at)
      select 'crowd-session-' || i, ${FIRST_PERSON} + i, 'bench', '127.0.0.1', ${EPOCH}, ${EPOCH}, ${FAR} from n`);
    connection.exec(`${upTo(rooms)} insert into containers (id, uuid, visibility, last_seq, message_count, root_count, pinned_count,
      pinned_root_count, last_activity, created_at)
      select ${FIRST_ROOM} + i, 'room-' || i, 'public', 0, 0, 0, 0, 0, ${EPOCH}, ${EPOCH} from n`);
    connection.exec(`${upTo(rooms)} insert into rooms (id, name, name_folded, is_archived, auto_join, owner_id, member_count,
      max_members, slow_mode_seconds, metadata, version, updated_at)
      select ${FIRST_ROOM} + i, 'Room ' || i, 'room ' || i, 0, 1, ${FIRST_PERSON}, ${perRoom}, 10000, 0, '{}', 1, ${EPOCH} from n`);
    connection.exec(`${upTo(people * each)} insert into members (container_id, user_id, role, joined_at, last_read_seq, skipped_count,
      mention_count, has_blocked, last_sent_at)
      select ${FIRST_ROOM} + (i / ${each} + i % ${each} * ${Math.max(1, Math.floor(rooms / each))}) % ${rooms}, ${FIRST_PERSON} + i / ${each}, 'member', ${EPOCH}, 0, 0, 0, 0, 0
      from n`);
  })();
  connection.close();
}
