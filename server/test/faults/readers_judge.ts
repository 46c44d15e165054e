import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import type { Row } from '../../src/db/database.ts';
import { textOf } from '../../src/db/statement.ts';
import { readEvents, webhookEvents } from '../../src/events.ts';
import type { Heard } from '../realtime/heard.ts';
import type { LogReader } from '../realtime/log_readers.ts';
import type { Receiver } from '../webhooks/receiver.ts';
import { type Cast, until } from './readers_world.ts';
import type { Stage } from './readers_writers.ts';

const kinds: Readonly<Record<string, { readonly as: string } | undefined>> = readEvents;
const hooked: Readonly<Record<string, { readonly within: string } | undefined>> = webhookEvents;
const lines = (events: readonly { readonly id: string; readonly type: string }[]) =>
  events.map(({ id, type }) => `${id} ${type}`);

const query = ({ house }: Cast, sql: string): Promise<Row[]> => house.reader().reader.all(textOf(sql), []);

/** What of a room's log readers are told. */
async function loggedIn(cast: Cast, roomId: number, after: string) {
  const where = `container_id = ${roomId} and id > ${after}`;
  const rows = await query(cast, `select id, type, message_id from events where ${where} order by id`);
  return rows.flatMap(({ id, type, message_id }) => {
    const told = kinds[String(type)];
    return told
      ? [{ id: `${id}`, type: told.as, messageId: message_id === null ? undefined : Number(message_id) }]
      : [];
  });
}

/** Each reader was told what is in the log, once and in its order; and everything that was acknowledged is in the log. */
export async function judgeReaders(stage: Stage, readers: readonly LogReader[], after: string): Promise<void> {
  const { cast, steady, churn, passing } = stage;
  for (const { name, heard } of readers) {
    const ids = heard.map(({ id }) => Number(id));
    assert.equal(new Set(ids).size, ids.length, `${name} is told nothing twice`);
    if (cast.engine === 'sqlite')
      assert.ok(
        ids.every((id, n) => n === 0 || id > (ids[n - 1] as number)),
        name,
      );
  }
  for (const room of [steady, churn]) {
    const logged = await loggedIn(cast, room, after);
    judgeLedger(stage, room, logged);
    const texts = await query(cast, `select id, content from messages where container_id = ${room}`);
    for (const { name, heard } of readers) {
      const here = heard.filter(({ placeId }) => placeId === room);
      assert.deepEqual(lines(here), lines(logged), `${name} in room ${room}`);
      judgeMessages(name, here, new Map(texts.map(({ id, content }) => [Number(id), content])));
    }
  }
  for (const room of passing) await judgePassing(stage, readers, room);
}

function judgeLedger(
  { done }: Stage,
  room: number,
  logged: readonly { readonly type: string; readonly messageId: number | undefined }[],
): void {
  const here = done.filter(({ roomId }) => roomId === room);
  for (const [key, all] of Map.groupBy(here, ({ type, messageId }) => `${type} ${messageId ?? ''}`)) {
    const there = logged.filter(({ type, messageId }) => key === `${type} ${type === 'user_left' ? '' : messageId}`);
    if (key.startsWith('message_sent')) assert.equal(there.length, 1, `${key} in room ${room}`);
    assert.ok(there.length >= all.length, `${key} in room ${room}: ${all.length} done, ${there.length} in the log`);
  }
}

/** Numbered without a gap, and in the end with the words they have. */
function judgeMessages(name: string, here: readonly Heard[], contents: ReadonlyMap<number, unknown>): void {
  const sent = here.filter(({ type }) => type === 'message_sent').map(({ data }) => data.seq);
  assert.deepEqual(
    sent,
    sent.map((_, n) => n + 1),
    `${name} is told every message in its order`,
  );
  const last = new Map<unknown, unknown>();
  for (const { type, data } of here)
    if (['message_sent', 'message_updated', 'message_deleted'].includes(type)) last.set(data.id, data.content);
  assert.deepEqual(last, contents, `${name} ends with the words there are`);
}

/** Of a room that is gone one may be told its end alone; of another one everything from one's coming on. */
async function judgePassing({ cast, done }: Stage, readers: readonly LogReader[], room: number): Promise<void> {
  const logged = await loggedIn(cast, room, '0');
  const isGone = logged.at(-1)?.type === 'room_deleted';
  const wasAdded = logged.some(({ type }) => type === 'user_joined');
  const isKnown = (type: string) => done.some((one) => one.roomId === room && one.type === type);
  assert.ok(wasAdded || !isKnown('user_joined'), `room ${room} has whoever was added`);
  assert.ok(isGone || !isKnown('room_deleted'), `room ${room} is gone`);
  for (const { name, heard } of readers) {
    const here = heard.filter(({ placeId }) => placeId === room);
    const start = logged.findIndex(({ type }) => type === 'user_joined');
    const from = (events: readonly { readonly id: string; readonly type: string }[]) =>
      lines(events).filter((line) => Number.parseInt(line, 10) >= Number(logged[start]?.id));
    if (!wasAdded) assert.deepEqual(here, [], name);
    else if (!isGone) assert.deepEqual(from(here), from(logged), `${name} in room ${room}`);
    else {
      assert.equal(here.at(-1)?.type, 'room_deleted', `${name} is told of the end of room ${room}`);
      const all = lines(logged);
      assert.ok(lines(here).every((line) => all.includes(line)));
    }
  }
}

export interface Hook {
  readonly id: number;
  readonly secret: string;
  readonly owner: Cast['ann'];
  readonly receiver: Receiver;
  /** Null for one of the whole server. */
  readonly roomId: number | null;
}

/** As an operator would: what has failed is sent again, until everything is delivered. */
export async function deliverAll({ cast }: Stage, hooks: readonly Hook[]): Promise<void> {
  for (const { id, owner } of hooks)
    await until(`the end of all deliveries of webhook ${id}`, async () => {
      const left = await query(
        cast,
        `select id, status from deliveries where webhook_id = ${id} and status <> 'delivered'`,
      );
      for (const { id: delivery, status } of left)
        if (status === 'failed')
          await cast.client().call('POST', `/webhooks/${id}/deliveries/${delivery}/redeliver`, owner.token, {});
      return left.length === 0;
    });
}

/** Each event came at least once, always under the same id, whole and signed. */
export async function judgeHook({ cast }: Stage, hook: Hook, after: string): Promise<void> {
  const place = hook.roomId === null ? 'container_id is not null' : `container_id = ${hook.roomId}`;
  const events = await query(cast, `select id, type from events where id > ${after} and ${place} order by id`);
  const wanted = events.filter(({ type }) => hooked[String(type)]?.within === 'room').map(({ id }) => Number(id));
  const rows = await query(cast, `select event_id, message_id from deliveries where webhook_id = ${hook.id}`);
  const laidOut = rows.map(({ event_id }) => Number(event_id)).sort((a, b) => a - b);
  assert.deepEqual(laidOut, wanted, `webhook ${hook.id} has a delivery for each event`);
  const received = hook.receiver.received.filter(({ told }) => told.webhook_id === hook.id);
  const ids = received.map(({ headers }) => String(headers['webhook-id']));
  assert.deepEqual(
    new Set(ids),
    new Set(rows.map(({ message_id }) => message_id)),
    `webhook ${hook.id} is told of each`,
  );
  const standard = new Webhook(hook.secret);
  for (const { body, headers, told } of received) {
    assert.equal(told.id, headers['webhook-id']);
    standard.verify(body, headers as Record<string, string>);
    const again = JSON.stringify(JSON.parse(body));
    assert.equal(
      headers['x-webhook-signature'],
      createHmac('sha256', hook.secret).update(again).digest('hex'),
      'as the documented receiver verifies it',
    );
  }
}
