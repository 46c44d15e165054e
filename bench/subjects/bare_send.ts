import { randomUUIDv7 } from 'node:crypto';
import { connect } from '../../server/src/db/sqlite_connection.ts';
import { messageJson } from '../../server/src/modules/messages/present.ts';
import type { MessageOfContainer } from '../../server/src/modules/messages/store.ts';
import { hourOf } from '../../server/src/modules/statistics/hours.ts';
import { ALWAYS } from '../../server/src/modules/statistics/tally.ts';
import { people } from '../seed/shape.ts';
import { type BareRequest, listenBare } from './bare_http.ts';
import {
  authorHourValues,
  checkValues,
  containerValues,
  eventValues,
  messageValues,
  roomHourValues,
  roomValues,
  senderValues,
  tallyValues,
} from './bare_send_values.ts';
import { recordSend } from './record_send.ts';
import { report } from './report.ts';

// The ceiling of sending: the server's statements, in its order and grouped as it groups them, called as directly as one can.
const path = process.argv[2] as string;
const { inputs, statements } = await recordSend(path);
checkValues(inputs, statements);
const connection = connect(path, false);
const prepare = (place: number) => connection.prepare<unknown[], MessageOfContainer>(statements[place]?.sql ?? '');
type Statement = ReturnType<typeof prepare>;
const [findRoom, insertMessage, updateContainer, updateSender] = [0, 2, 4, 5].map(prepare) as [
  Statement,
  Statement,
  Statement,
  Statement,
];
const [addRoomHour, addAuthorHour, addTally, insertEvent] = [7, 8, 10, 12].map(prepare) as [
  Statement,
  Statement,
  Statement,
  Statement,
];
const [begin, savepoint, release, commit] = ['begin immediate', 'savepoint member', 'release member', 'commit'].map(
  (sql) => connection.prepare(sql),
) as [ReturnType<typeof prepare>, ReturnType<typeof prepare>, ReturnType<typeof prepare>, ReturnType<typeof prepare>];

interface Waiting {
  readonly request: BareRequest;
  readonly answer: (text: string) => void;
}

/** As many as the server takes at once (modules/messages/gather.ts). */
const LARGEST = 256;
let waiting: Waiting[] = [];
let groups = 0;

function flush() {
  const batch = waiting.slice(0, LARGEST);
  waiting = waiting.slice(LARGEST);
  groups++;
  begin.run();
  savepoint.run();
  const texts = append(batch);
  release.run();
  commit.run();
  for (const [place, { answer }] of batch.entries()) answer(texts[place] as string);
  if (waiting.length > 0) setImmediate(flush);
}

function append(batch: readonly Waiting[]): string[] {
  const now = Date.now();
  const rooms = new Map<number, { seq: number; sent: number }>();
  const senders = new Map<string, unknown[]>();
  const authors = new Map<string, { roomId: number; author_id: number; sent: number }>();
  const hour = hourOf(now);
  const visible = batch.map(
    ({ request }) => findRoom.all(...roomValues(request.roomId, people[request.place]?.id ?? 0))[0],
  );
  const messages = batch.map(({ request }, place) => {
    const { id: author_id = 0, username = '' } = people[request.place] ?? {};
    const found = visible[place] as unknown as { last_seq: number };
    const room = rooms.get(request.roomId) ?? { seq: found.last_seq, sent: 0 };
    rooms.set(request.roomId, room);
    room.seq++;
    room.sent++;
    const { content } = JSON.parse(request.body) as { content: string };
    const key = `${request.roomId} ${author_id}`;
    senders.set(key, senderValues(request.roomId, author_id, room.seq, now));
    const author = authors.get(key) ?? { roomId: request.roomId, author_id, sent: 0 };
    authors.set(key, author);
    author.sent++;
    return messageOf(request.roomId, room.seq, author_id, username, content, now);
  });
  for (const message of messages) {
    const sent = { ...message, containerId: message.container_id, now, content: message.content as string };
    message.id = insertMessage.all(...messageValues(sent, message.author_id, message.seq))[0]?.id as number;
  }
  for (const [id, { seq, sent }] of rooms) updateContainer.run(...containerValues(id, seq, sent, now));
  for (const values of senders.values()) updateSender.run(...values);
  for (const [id, { sent }] of rooms) addRoomHour.run(...roomHourValues(id, hour, sent));
  for (const { roomId, author_id, sent } of authors.values())
    addAuthorHour.run(...authorHourValues(roomId, hour, author_id, sent));
  for (const each of [ALWAYS, hour]) addTally.run(...tallyValues(batch[0]?.request.roomId ?? 0, each, batch.length));
  for (const { id, container_id, author_id } of messages)
    insertEvent.all(...eventValues(container_id, author_id, id, now));
  return messages.map((message) => `{"success":true,"data":${messageJson(message, [])}}`);
}

function messageOf(
  container_id: number,
  seq: number,
  author_id: number,
  username: string,
  content: string,
  now: number,
) {
  const message: MessageOfContainer = {
    id: 0,
    uuid: randomUUIDv7(),
    container_id,
    seq,
    author_id,
    username,
    content,
    parent_id: null,
    reply_to_id: null,
    thread_count: 0,
    is_pinned: 0,
    is_listed: 1,
    edit_count: 0,
    edited_at: null,
    reaction_count: 0,
    attachment_count: 0,
    version: 1,
    mentions: '[]',
    metadata: '{}',
    deleted_at: null,
    created_at: now,
    updated_at: now,
    visibility: 'public',
  };
  return message;
}

const server = await listenBare(201, (request, answer) => {
  waiting.push({ request, answer });
  if (waiting.length === 1) setImmediate(flush);
});
report({
  ready: { port: server.port, tokens: [] },
  groups: () => groups,
  stop: () => {
    server.close();
    connection.close();
  },
});
