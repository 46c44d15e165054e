import { textOf } from '../src/db/statement.ts';
import type { TestApp } from './harness/app.ts';

export interface LoggedEvent {
  readonly id: number;
  readonly type: string;
  readonly actor_id: number;
  readonly user_id: number | null;
  readonly version: number | null;
  readonly data: Record<string, unknown>;
}

/** What the log holds about a room, in order, after an event. */
export async function roomEvents(app: TestApp, roomId: number, after = 0): Promise<LoggedEvent[]> {
  const rows = await app.deps.db.reader.all(
    textOf(
      `select id, type, actor_id, user_id, version, data from events where container_id = ${roomId} and id > ${after} order by id`,
    ),
    [],
  );
  return rows.map((row) => ({ ...row, data: JSON.parse(String(row.data)) })) as LoggedEvent[];
}

/** The newest event of a room: where a test begins to watch. */
export async function lastEvent(app: TestApp, roomId: number): Promise<number> {
  return (await roomEvents(app, roomId)).at(-1)?.id ?? 0;
}

/** A membership as stored, ended ones too. */
export async function memberRow(app: TestApp, roomId: number, userId: number) {
  const rows = await app.deps.db.reader.all(
    textOf(`select * from members where container_id = ${roomId} and user_id = ${userId}`),
    [],
  );
  return rows[0];
}

/** What the counters say and what counting gives, which must be the same. */
export async function countsOf(app: TestApp) {
  const number = async (sql: string) => Number((await app.deps.db.reader.all(textOf(sql), []))[0]?.n);
  const rooms = (visibility: string) =>
    number(`select count(*) as n from containers c join rooms r on r.id = c.id where c.visibility = '${visibility}'`);
  const kept = (name: string) => number(`select value as n from counters where name = '${name}'`);
  const astray =
    await number(`select count(*) as n from rooms r join containers c on c.id = r.id where r.member_count <>
    (select count(*) from members m where m.container_id = r.id and m.left_at is null)
    or (c.visibility <> 'deleted' and 1 <> (select count(*) from members m where m.container_id = r.id and m.left_at is null
      and m.role = 'owner' and m.user_id = r.owner_id))`);
  return {
    kept: { public: await kept('rooms_public'), private: await kept('rooms_private') },
    counted: { public: await rooms('public'), private: await rooms('private') },
    /** Rooms with a wrong member count, or not exactly the one owner they name. */
    astray,
  };
}
