import assert from 'node:assert/strict';
import type { Reader } from '../../src/db/database.ts';
import { textOf } from '../../src/db/statement.ts';
import { differences } from '../../src/modules/admin/consistency.ts';
import type { HttpClient } from './http_client.ts';
import { EMOJI, type Entry, type Ledger, type Place, passMark, settle } from './ledger.ts';
import { verifyFiles } from './verify_files.ts';

interface Stored {
  readonly id: number;
  readonly container_id: number;
  readonly seq: number;
  readonly author_id: number;
  readonly client_id: string;
  readonly content: string | null;
  readonly parent_id: number | null;
  readonly reply_to_id: number | null;
  readonly is_pinned: number;
  readonly reactions: number;
  readonly mentions: string;
  readonly metadata: string;
}

const everyMessage =
  textOf(`select id, container_id, seq, author_id, client_id, content, parent_id, reply_to_id, is_pinned, mentions, metadata,
  (select count(*) from reactions where message_id = messages.id and user_id = author_id and emoji = '${EMOJI}') as reactions
  from messages order by id`);
const everyMark = textOf(`select container_id || ':' || user_id as key, last_read_seq from members`);

/** Judges the database by the ledger, and settles what the crash had left open. */
export async function verifyStored(db: Reader, ledger: Ledger): Promise<Map<number, Stored>> {
  const rows = (await db.all(everyMessage, [])) as unknown as Stored[];
  const found = new Map<string, Stored>();
  for (const row of rows) {
    assert.ok(!found.has(row.client_id), `${row.client_id} is there once`);
    found.set(row.client_id, row);
  }
  for (const entry of ledger.entries) {
    const row = found.get(entry.clientId);
    if (row) verifyWhole(entry, row);
    else assert.notEqual(entry.sent, 'acknowledged', `${entry.clientId} was acknowledged and is lost`);
    found.delete(entry.clientId);
    if (row) settle(entry, row.content, row.is_pinned === 1, row.reactions === 1);
  }
  assert.deepEqual([...found.keys()], [], 'nothing is there that nobody sent');
  await verifyFiles(db, ledger, new Map(rows.map((row) => [row.client_id, row])));
  const byId = new Map(rows.map((row) => [row.id, row]));
  await verifyMarks(db, ledger, byId);
  assert.deepEqual(await differences(db), []);
  return byId;
}

function verifyWhole(entry: Entry, row: Stored): void {
  const { clientId, body, author, place } = entry;
  assert.notEqual(entry.sent, 'refused', `${clientId} was refused and is there`);
  if (entry.id !== undefined) assert.equal(row.id, entry.id, clientId);
  assert.deepEqual([row.container_id, row.author_id], [place.id, author.id], clientId);
  if (row.content === null) {
    assert.notEqual(entry.deletion, 'none', `${clientId} is deleted, which nobody asked for`);
    return;
  }
  assert.notEqual(entry.deletion, 'acknowledged', `${clientId} is back after its deletion`);
  assert.ok(
    entry.contents.includes(row.content),
    `${clientId} is "${row.content}" and not one of "${entry.contents.join('", "')}"`,
  );
  assert.ok(entry.pins.includes(row.is_pinned === 1), `${clientId} has a pin that was asked for`);
  assert.ok(entry.reacted.includes(row.reactions === 1), `${clientId} has a reaction that was asked for`);
  assert.equal(row.reply_to_id, body.parent_message_id, clientId);
  assert.equal(row.parent_id === null, body.parent_message_id === null, clientId);
  assert.deepEqual(JSON.parse(row.metadata), body.metadata);
  assert.deepEqual(JSON.parse(row.mentions), mentionedIn(row.content, place), clientId);
}

function mentionedIn(content: string, { players }: Place): number[] {
  const [, name] = /@(\w+)/.exec(content) ?? [];
  return name === undefined ? [] : players.filter((player) => player.name === name).map(({ id }) => id);
}

async function verifyMarks(db: Reader, { marks }: Ledger, messages: Map<number, Stored>): Promise<void> {
  const stored = new Map((await db.all(everyMark, [])).map(({ key, last_read_seq }) => [key, Number(last_read_seq)]));
  for (const [key, messageId] of marks) {
    if (messageId === 0) continue;
    const seq = messages.get(messageId)?.seq ?? Number.POSITIVE_INFINITY;
    assert.ok((stored.get(key) ?? -1) >= seq, `the mark of ${key} was acknowledged at ${seq}: ${stored.get(key)}`);
  }
}

interface Shown {
  readonly id: number;
  readonly seq: number;
  readonly content: string | null;
  readonly is_pinned: boolean;
  readonly mentions: readonly number[];
}

/** What the server shows of a place, back to a message, is what is stored, each once and in its order. */
export async function verifyShown(
  client: HttpClient,
  place: Place,
  stored: Map<number, Stored>,
  since: number,
): Promise<void> {
  const token = place.players[0]?.token;
  const seen: Shown[] = [];
  let more = true;
  while (more && (seen.at(-1)?.id ?? Number.POSITIVE_INFINITY) > since) {
    const before = seen.length > 0 ? `&before_id=${seen.at(-1)?.id}` : '';
    const { data } = await client.call('GET', `${place.path}/messages?limit=100&include_threads=true${before}`, token);
    seen.push(...data.messages);
    more = data.has_more;
  }
  const shown = seen.filter(({ id }) => id > since).map((message) => [message.id, message.content] as const);
  const living = [...stored.values()].filter((row) => row.container_id === place.id && row.id > since);
  const withReplies = new Set(living.flatMap(({ parent_id, content }) => (content === null ? [] : [parent_id])));
  const expected = living
    .filter(({ id, content }) => content !== null || withReplies.has(id))
    .map(({ id, content }) => [id, content] as const);
  assert.deepEqual(shown, expected.reverse(), `${place.path} shows what is stored`);
}

/** Sends again, under the same key, what was left open and some of what was acknowledged: nothing may come of it twice. */
export async function verifyReplays(client: HttpClient, ledger: Ledger, stored: Map<number, Stored>): Promise<void> {
  const ids = new Map([...stored.values()].map(({ client_id, id }) => [client_id, id]));
  const open = ledger.entries.filter(({ sent }) => sent === 'attempted');
  const recent = ledger.entries.slice(-200).filter(({ sent }) => sent === 'acknowledged');
  const sample = recent.filter((_, index) => index % 10 === 0);
  await Promise.all(
    [...open, ...sample].map(async (entry) => {
      const { author, place, body, clientId } = entry;
      const before = ids.get(clientId);
      const { status, data, headers } = await client.call('POST', `${place.path}/messages`, author.token, body);
      if (before === undefined && status === 422 && body.parent_message_id !== null) {
        entry.sent = 'refused';
        return;
      }
      if (entry.deletion === 'acknowledged') {
        assert.equal(status, 409, `${clientId} is deleted, and a repeated send says so`);
        return;
      }
      assert.equal(status, 201, `${clientId}: ${JSON.stringify(data)}`);
      if (before !== undefined) {
        assert.equal(data.id, before, `${clientId} stays one message`);
        assert.equal(headers['idempotent-replayed'], 'true');
      }
      entry.sent = 'acknowledged';
      entry.id = data.id;
      passMark(ledger, place, author, data.id);
    }),
  );
}
