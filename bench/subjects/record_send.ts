import { openSqlite } from '../../server/src/db/sqlite.ts';
import { appendMessages } from '../../server/src/modules/messages/append.ts';
import type { SendInput } from '../../server/src/modules/messages/append_input.ts';
import { FIRST_ROOM, people } from '../seed/shape.ts';
import { expectStatements, type Recorded, recordingWriter } from './recorded.ts';

class Undo extends Error {}

/** What the server runs for two sends of one batch into one room; nothing of it is kept. */
export async function recordSend(path: string): Promise<{ inputs: SendInput[]; statements: Recorded[] }> {
  const recorded: Recorded[] = [];
  const inputs = [0, 1].map(exampleOf);
  const db = openSqlite({ path, minFreeBytes: 0, onFatal: raise });
  const undone = db.write('record', async (writer) => {
    await appendMessages(recordingWriter(writer, recorded), inputs);
    throw new Undo();
  });
  await undone.catch((error) => (error instanceof Undo ? undefined : raise(error)));
  await db.close();
  return {
    inputs,
    statements: expectStatements(recorded, [
      'select',
      'select',
      'insert into messages ',
      'insert into messages ',
      'update "containers"',
      'update "members"',
      'update "members"',
      'insert into room_hours ',
      'insert into room_author_hours ',
      'insert into room_author_hours ',
      'insert into tallies ',
      'insert into tallies ',
      'insert into events ',
      'insert into events ',
    ]),
  };
}

function exampleOf(place: number): SendInput {
  const { id = 0, username = '', sessionId = '' } = people[place] ?? {};
  return {
    actor: { userId: id, username, role: 'user', sessionId },
    address: '127.0.0.1',
    traceparent: null,
    // After everything that was seeded, or the room's activity would stay at that.
    now: 4_000_000_000_000 + place,
    kind: 'room',
    containerId: FIRST_ROOM,
    uuid: `example-${place}`,
    content: `example ${place}`,
    replyToId: null,
    metadata: '{}',
    clientId: null,
    payloadHash: null,
    fileIds: [],
  };
}

function raise(error: unknown): never {
  throw error;
}
