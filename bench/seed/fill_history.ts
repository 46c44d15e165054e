import { type Deps, ownCtx } from '../../server/src/context.ts';
import type { Database } from '../../server/src/db/database.ts';
import { statistics } from '../../server/src/db/migrations/0002_statistics.ts';
import { differences } from '../../server/src/modules/admin/consistency.ts';
import { foldStatistics } from '../../server/src/modules/statistics/fold.ts';
import type { Connection } from '../connection.ts';
import { upTo } from './fill.ts';
import { EPOCH, FIRST_AUTHOR, FIRST_PERSON, HISTORY_END, type History, PEOPLE } from './shape.ts';

/** The authors, an event for each message, and the statistics as the migration counts what was there before it. */
export function fillHistory(connection: Connection, { authors }: History): void {
  connection.exec(`${upTo(authors)} insert into users (id, uuid, username, username_key, email, email_key, role, is_suspended, is_deleted,
    last_seen, version, created_at, updated_at)
    select ${FIRST_AUTHOR} + i, 'author-' || i, 'author_' || i, 'author_' || i, i || '@example.com', i || '@example.com', 'user', 0, 0,
    ${EPOCH}, 1, ${EPOCH}, ${EPOCH} from n`);
  connection.exec(`update users set role = 'admin' where id between ${FIRST_PERSON} and ${FIRST_PERSON + PEOPLE - 1}`);
  connection.exec(`insert into events (stream, type, actor_id, container_id, message_id, version, data, created_at)
    select 'container:' || container_id, 'message_sent', author_id, container_id, id, 1, '{}', created_at from messages order by id`);
  connection.exec(`delete from tallies; delete from counters where name in ('users', 'conversations')`);
  for (const sql of statistics.sql('sqlite')) if (sql.startsWith('insert')) connection.exec(sql);
}

/** Folds what the server would have folded by then. Throws when what is counted is not what is there. */
export async function settleHistory(db: Database): Promise<void> {
  await foldStatistics(ownCtx({ db, now: () => HISTORY_END } as unknown as Deps, 'bench'));
  const [found] = await differences(db.reader);
  if (found) throw new Error(`The history was not filled in as the server would have: ${JSON.stringify(found)}`);
}
