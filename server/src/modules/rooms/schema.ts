import { type Static, Type } from 'typebox';
import type { Config } from '../../config.ts';
import { Component, Cursor, Id, Limit, Lines, Nullable, Offset, Strict, Text, Timestamp } from '../../schemas.ts';
import { cleanName, nameFault } from '../../text.ts';
import { metadataFault } from '../messages/metadata.ts';

export const MAX_ROOM_NAME = 100;
const MAX_DESCRIPTION = 1_000;
const MAX_TOPIC = 200;

export const Room = Component('Room', {
  id: Id,
  uuid: Type.String(),
  name: Type.String(),
  description: Nullable(Type.String()),
  topic: Nullable(Type.String()),
  is_public: Type.Boolean(),
  is_archived: Type.Boolean({ description: 'Read-only.' }),
  auto_join: Type.Boolean({ description: 'Every new user joins by itself; such a room has no member limit.' }),
  owner_id: Id,
  member_count: Type.Integer(),
  max_members: Type.Integer(),
  unread_count: Type.Integer({ description: 'Messages after the read mark; 0 for who is not a member.' }),
  mention_count: Type.Integer({ description: 'Those of them that mention the caller.' }),
  my_role: Nullable(Type.Enum(['owner', 'moderator', 'member'])),
  last_activity: Timestamp,
  slow_mode_seconds: Type.Integer(),
  metadata: Type.Record(Type.String(), Type.Unknown()),
  version: Type.Integer({ description: 'Grows with every change of the room itself.' }),
  created_at: Timestamp,
  updated_at: Timestamp,
  can: Type.Optional(
    Type.Array(Type.String(), { description: 'What the caller may do here; on the single read only.' }),
  ),
});

export const RoomPage = Component('RoomPage', {
  rooms: Type.Array(Room),
  total: Type.Integer({ description: 'Rooms that the filter and the search select.' }),
  has_more: Type.Boolean(),
  next_cursor: Nullable(Type.String({ description: 'Pass it as `cursor` for the page after this one.' })),
});

const fields = {
  description: Type.Optional(Nullable(Lines(MAX_DESCRIPTION))),
  topic: Type.Optional(Nullable(Lines(MAX_TOPIC))),
  is_public: Type.Optional(Type.Boolean()),
  max_members: Type.Optional(
    Type.Integer({ minimum: 1, description: 'At most MAX_ROOM_MEMBERS (10 000).', rule: membersFault }),
  ),
  slow_mode_seconds: Type.Optional(
    Type.Integer({ minimum: 0, maximum: 3_600, description: 'Least time between two messages of a plain member.' }),
  ),
  metadata: Type.Optional(
    Nullable(
      Type.Unsafe<Record<string, unknown>>(
        Type.Object(
          {},
          { additionalProperties: true, description: 'At most 4 KiB, 5 levels and 32 keys.', rule: metadataFault },
        ),
      ),
    ),
  ),
  auto_join: Type.Optional(Type.Boolean({ description: 'Set by admins only.' })),
};
const Name = Text(roomNameFault, `1 to ${MAX_ROOM_NAME} code points in one line, once trimmed.`);

function roomNameFault(name: string) {
  const reason = nameFault(cleanName(name), MAX_ROOM_NAME);
  return reason && { reason, max_length: MAX_ROOM_NAME };
}

function membersFault(wanted: number, { MAX_ROOM_MEMBERS: maximum }: Config) {
  return wanted <= maximum ? undefined : { reason: 'too_large', maximum };
}

export const CreateRoomBody = Strict({ name: Name, ...fields });
export const UpdateRoomBody = Strict({
  name: Type.Optional(Name),
  ...fields,
  is_archived: Type.Optional(Type.Boolean()),
});

const RoomFilter = Type.Enum(['public', 'private', 'joined', 'owned', 'all'], {
  description: 'Without one: public rooms and the private ones I am in. `all` is for admins.',
});
export const ListRoomsQuery = Strict({
  filter: Type.Optional(RoomFilter),
  search: Type.Optional(
    Type.String({ maxLength: MAX_ROOM_NAME, description: 'Anywhere in the name, without regard to case and accents.' }),
  ),
  limit: Limit,
  offset: Offset,
  cursor: Type.Optional(Cursor),
});

export type CreateRoom = Static<typeof CreateRoomBody>;
export type UpdateRoom = Static<typeof UpdateRoomBody>;
export type ListRooms = Static<typeof ListRoomsQuery>;
