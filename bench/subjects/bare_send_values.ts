import { deepStrictEqual } from 'node:assert/strict';
import type { SendInput } from '../../server/src/modules/messages/append_input.ts';
import { hourOf } from '../../server/src/modules/statistics/hours.ts';
import { ALWAYS } from '../../server/src/modules/statistics/tally.ts';
import type { Recorded } from './recorded.ts';

type Sent = Pick<SendInput, 'containerId' | 'uuid' | 'content' | 'metadata' | 'now'>;

/** The values of the server's statements, put down by hand: the ceiling has no layer that would gather them. */
export const roomValues = (roomId: number, userId: number) => [userId, userId, roomId];

export const messageValues = ({ containerId, uuid, content, metadata, now }: Sent, authorId: number, seq: number) => [
  uuid,
  containerId,
  seq,
  authorId,
  content,
  null,
  null,
  0,
  0,
  1,
  0,
  0,
  0,
  1,
  '[]',
  metadata,
  null,
  null,
  now,
  now,
];

export const containerValues = (id: number, seq: number, sent: number, now: number) => [seq, sent, sent, now, id];

export const senderValues = (containerId: number, userId: number, seq: number, now: number) => [
  seq,
  0,
  now,
  containerId,
  userId,
];

export const roomHourValues = (roomId: number, hour: number, sent: number) => [roomId, hour, sent];
export const authorHourValues = (roomId: number, hour: number, authorId: number, sent: number) => [
  roomId,
  hour,
  authorId,
  sent,
];
/** All of a batch, by one of its rooms. */
export const tallyValues = (roomId: number, hour: number, sent: number) => ['messages', hour, roomId % 8, sent];

export const eventValues = (containerId: number, authorId: number, messageId: number, now: number) => [
  `container:${containerId}`,
  'message_sent',
  authorId,
  containerId,
  messageId,
  null,
  1,
  '{}',
  now,
];

/** Throws when the server gives its statements other values, or in another order. */
export function checkValues(inputs: readonly SendInput[], recorded: readonly Recorded[]): void {
  const [one, two] = inputs as [SendInput, SendInput];
  const ids = recorded.slice(2, 4).map(({ rows }) => rows[0]?.id as number) as [number, number];
  const seq = (recorded[4]?.values[0] as number) - 1;
  const room = one.containerId;
  const hour = hourOf(one.now);
  const expected = [
    roomValues(room, one.actor.userId),
    roomValues(room, two.actor.userId),
    messageValues(one, one.actor.userId, seq),
    messageValues(two, two.actor.userId, seq + 1),
    containerValues(room, seq + 1, 2, two.now),
    senderValues(room, one.actor.userId, seq, one.now),
    senderValues(room, two.actor.userId, seq + 1, two.now),
    roomHourValues(room, hour, 2),
    authorHourValues(room, hour, one.actor.userId, 1),
    authorHourValues(room, hour, two.actor.userId, 1),
    tallyValues(room, ALWAYS, 2),
    tallyValues(room, hour, 2),
    eventValues(room, one.actor.userId, ids[0], one.now),
    eventValues(room, two.actor.userId, ids[1], two.now),
  ];
  deepStrictEqual(
    recorded.map(({ values }) => values),
    expected,
    'The values of a send have changed: bench/subjects/bare_send_values.ts has to follow',
  );
}
