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
