import type { Ctx, Deps } from '../../server/src/context.ts';
import type { Reader } from '../../server/src/db/database.ts';
import { openSqlite } from '../../server/src/db/sqlite.ts';
import { createMessageFragments } from '../../server/src/modules/messages/fragments.ts';
import { listRoomMessages } from '../../server/src/modules/messages/list.ts';
import { FIRST_ROOM, people } from '../seed/shape.ts';
import { expectStatements, type Recorded, recordingReader } from './recorded.ts';
import { usualPage } from './usual_page.ts';

export interface PageStatements {
  readonly findRoom: string;
  readonly older: string;
  /** Whether anything follows a page that was asked for by its upper edge. */
  readonly newer: string;
  readonly ownReactions: string;
  readonly findMessage: string;
  /** Of the messages whose ids are its first value, a list as JSON. */
  readonly reactions: Recorded;
}

/** What the server runs for a page: when it has nothing of it in memory, and when it has all. */
export async function recordPage(path: string): Promise<PageStatements> {
  const db = openSqlite({ path, minFreeBytes: 0, onFatal: raise });
  const page = pageRecorder(db.reader);
  const cold = await page({});
  const warm = expectStatements(await page({}), ['select', 'select', 'select']);
  const inside = expectStatements(await page({ before_id: 5_000 }).then(withoutLoading), [
    'select',
    'select',
    'select',
    'select',
  ]);
  await db.close();
  const reactions = cold.find(({ sql }) => sql.includes('json_each'));
  if (!reactions) throw new Error('The server no longer reads the reactions of a page in one statement');
  return {
    findRoom: textAt(warm, 0),
    older: textAt(warm, 1),
    ownReactions: textAt(warm, 2),
    newer: textAt(inside, 2),
    findMessage: textAt(cold, 2),
    reactions,
  };
}

/** Has pages of a room read, by one and the same server, for people by their place; resolves with what it ran. */
export function pageRecorder(db: Reader) {
  const fragments = createMessageFragments();
  return async (edge: { before_id?: number }, place = 0): Promise<Recorded[]> => {
    const recorded: Recorded[] = [];
    const { id = 0, username = '', sessionId = '' } = people[place] ?? {};
    const ctx = {
      deps: { messages: { fragments } } as unknown as Deps,
      actor: { userId: id, username, role: 'user', sessionId },
      now: Date.now(),
      db: recordingReader(db, recorded),
    } as unknown as Ctx;
    await listRoomMessages(ctx, FIRST_ROOM, { ...usualPage, ...edge });
    return recorded;
  };
}

/** Drops what loads messages: the statements between the edges of the page and the viewer's own reactions. */
function withoutLoading(recorded: Recorded[]): Recorded[] {
  return [...recorded.slice(0, 3), ...recorded.slice(-1)];
}

function textAt(recorded: readonly Recorded[], place: number): string {
  return (recorded[place] as Recorded).sql;
}

function raise(error: unknown): never {
  throw error;
}
