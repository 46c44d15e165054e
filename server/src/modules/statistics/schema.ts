import { Type } from 'typebox';
import { Component, Id, Nullable, Strict, Timestamp } from '../../schemas.ts';
import { periodNames } from './hours.ts';

const Count = Type.Integer();
const Day = Type.String({ description: 'UTC, as in `2024-01-14`.' });

export const PeriodQuery = Strict({
  period: Type.Enum(periodNames, {
    default: '7d',
    description: '`24h`: the present hour and the 23 before it; `7d` and longer: whole UTC days, today being the last.',
  }),
});

export const RoomStatistics = Component('RoomStatistics', {
  room_id: Id,
  period: Type.Enum(periodNames),
  message_count: Type.Integer({ description: 'Messages of the period that have not been deleted since.' }),
  active_users: Type.Integer({ description: 'Who wrote them.' }),
  new_members: Type.Integer({ description: 'Joins within the period; making the room is none.' }),
  pinned_messages: Type.Integer({ description: 'Pinned now.' }),
  reactions_count: Type.Integer({ description: 'Reactions given in the period that still stand.' }),
  peak_activity: Nullable(
    Strict({ date: Day, hour: Type.Integer({ description: 'UTC, 0 to 23.' }), message_count: Count }),
  ),
  top_contributors: Type.Array(Strict({ user_id: Id, username: Type.String(), message_count: Count }), {
    description: 'At most ten, most messages first.',
  }),
  messages_by_day: Type.Array(Strict({ date: Day, count: Count }), { description: 'Every day of the period.' }),
});

export const ServerStatistics = Component('ServerStatistics', {
  users: Strict({
    total: Count,
    active_24h: Type.Integer({ description: 'Seen in the present hour or the 23 before it; some seconds late.' }),
    online: Count,
  }),
  rooms: Strict({ total: Count, public: Count, private: Count }),
  messages: Strict({
    total: Type.Integer({ description: 'Living messages of rooms and conversations.' }),
    last_24h: Count,
    last_7d: Type.Integer({ description: 'The present hour and the 167 before it.' }),
  }),
  conversations: Strict({ total: Count }),
  files: Strict({ count: Count, bytes: Count }),
  reactions: Strict({ total: Count }),
  webhooks: Strict({
    total: Count,
    active: Count,
    pending: Type.Integer({ description: 'Deliveries still to be made, at once or later; not counted beyond 10 000.' }),
    failed_24h: Type.Integer({
      description:
        'Deliveries that began in the present hour or the 23 before it and whose last attempt failed; not counted beyond 10 000.',
    }),
  }),
  connections: Strict({ websocket: Count }),
  storage: Strict({ engine: Type.String(), bytes: Count }),
  process: Strict({ uptime_seconds: Count, version: Type.String(), memory_bytes: Count, node: Type.String() }),
  messages_by_hour: Type.Array(Strict({ hour: Timestamp, count: Count }), {
    description: 'The last 24 hours, the present one last; `hour` is when it began.',
  }),
});
