import { connect } from '../../server/src/db/sqlite_connection.ts';
import { messageJson, ownEnd, sharedLength } from '../../server/src/modules/messages/present.ts';
import type { MessageOfContainer } from '../../server/src/modules/messages/store.ts';
import type { RoomForUser } from '../../server/src/modules/rooms/store.ts';
import { people } from '../seed/shape.ts';
import { listenBare } from './bare_http.ts';
import { createKept } from './bare_kept.ts';
import { recordPage } from './record_page.ts';
import { report } from './report.ts';

// The ceiling of reading a page: the server's statements called as directly as one can, and texts kept as it keeps them.
const path = process.argv[2] as string;
const statements = await recordPage(path);
const connection = connect(path, true);
const prepare = <Row>(sql: string) => connection.prepare<unknown[], Row>(sql);
const findRoom = prepare<RoomForUser>(statements.findRoom);
const older = prepare<Key>(statements.older);
const newer = prepare<Key>(statements.newer);
const ownReactions = prepare<{ message_id: number; emoji: string }>(statements.ownReactions);
const findMessage = prepare<MessageOfContainer>(statements.findMessage);
const findReactions = prepare<Parameters<typeof messageJson>[1][number]>(statements.reactions.sql);
const [, ...constants] = statements.reactions.values;
const kept = createKept();

interface Key {
  readonly id: number;
  readonly version: number;
  readonly reaction_count: number;
}

const LIMIT = 50;

function page(roomId: number, userId: number, beforeId: number | undefined): Buffer {
  const room = findRoom.all(userId, userId, roomId)[0] as RoomForUser;
  const keys = older.all(roomId, beforeId ?? Number.MAX_SAFE_INTEGER, LIMIT + 1);
  const before = keys.length > LIMIT;
  if (before) keys.length = LIMIT;
  const after = beforeId !== undefined && newer.all(roomId, beforeId - 1, 1).length > 0;
  const found = keys.map(({ id, version }) => kept.get(id, version));
  if (found.includes(undefined)) load(roomId, keys, found);
  const own = keys.some(({ reaction_count }) => reaction_count > 0) ? ownIn(userId, keys) : undefined;
  const parts: Buffer[] = [HEAD];
  for (const [place, { id }] of keys.entries()) {
    const entry = found[place] as Buffer;
    const bytes = place === 0 ? entry.subarray(1) : entry;
    const mine = own?.get(id);
    if (mine === undefined) parts.push(bytes);
    else parts.push(bytes.subarray(0, sharedLength(bytes)), Buffer.from(ownEnd(mine)));
  }
  const more = `],"has_more":${before},"has_more_before":${before},"has_more_after":${after}`;
  parts.push(Buffer.from(`${more},"total_count":${room.root_count}}}`));
  return Buffer.concat(parts);
}

const HEAD = Buffer.from('{"success":true,"data":{"messages":[');

/** Fills in what was not found. */
function load(roomId: number, keys: readonly Key[], found: (Buffer | undefined)[]) {
  const rows = keys.map(({ id }, place) => (found[place] ? undefined : findMessage.all(id, roomId)[0]));
  const reacted = rows.flatMap((row) => (row && row.reaction_count > 0 ? [row.id] : []));
  const reactions = Map.groupBy(reactionsOf(reacted), ({ message_id }) => message_id);
  for (const [place, row] of rows.entries()) {
    if (!row) continue;
    const bytes = Buffer.from(`,${messageJson(row, reactions.get(row.id) ?? [])}`);
    kept.set(row.id, row.version, bytes);
    found[place] = bytes;
  }
}

function reactionsOf(ids: readonly number[]) {
  return ids.length === 0 ? [] : findReactions.all(JSON.stringify(ids), ...constants);
}

function ownIn(userId: number, keys: readonly Key[]) {
  // Newest first: the edges are the ends.
  const rows = ownReactions.all(userId, keys.at(-1)?.id, keys[0]?.id);
  const own = new Map<number, string[]>();
  for (const { message_id, emoji } of rows) {
    const list = own.get(message_id);
    if (list) list.push(emoji);
    else own.set(message_id, [emoji]);
  }
  return own;
}

const BEFORE = 'before_id=';
const server = await listenBare(200, ({ roomId, query, place }, answer) => {
  const beforeId = query.startsWith(BEFORE) ? Number(query.slice(BEFORE.length)) : undefined;
  answer(page(roomId, people[place]?.id ?? 0, beforeId));
});
report({
  ready: { port: server.port, tokens: [] },
  groups: () => 0,
  stop: () => {
    server.close();
    connection.close();
  },
});
