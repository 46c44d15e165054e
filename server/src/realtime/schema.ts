import { Type } from 'typebox';
import { DeleteBody, EditBody, SendBody } from '../modules/messages/schema.ts';
import { AddBody } from '../modules/reactions/schema.ts';
import { PeriodQuery } from '../modules/statistics/schema.ts';
import { ProfileBody } from '../modules/users/schema.ts';
import { Id, Limit, Nullable, Strict } from '../schemas.ts';

const { content, metadata, file_ids, parent_message_id: parent_id } = SendBody.properties;

/** What is sent besides where. */
const words = { content, parent_id, metadata, file_ids };
export const InRoom = Strict({ room_id: Id });
export const OnMessage = Strict({ message_id: Id });
export const SendMessage = Strict({ room_id: Id, ...words });
export const SendDirect = Strict({ conversation_id: Id, ...words });
export const LeaveRoom = Strict({
  room_id: Id,
  leave: Type.Boolean({ default: false, description: 'Leave the room itself, and not only with this socket.' }),
});

const eitherPlace = {
  room_id: Type.Optional(Type.Integer({ ...Id, description: 'This, or `conversation_id`.' })),
  conversation_id: Type.Optional(Type.Integer({ ...Id, description: 'This, or `room_id`.' })),
};
export const Place = Strict(eitherPlace);
export const GetHistory = Strict({
  ...eitherPlace,
  limit: Limit,
  before_id: Type.Optional(Type.Integer({ ...Id, description: 'Messages before this one.' })),
  after_id: Type.Optional(Type.Integer({ ...Id, description: 'Messages after this one.' })),
  include_threads: Type.Boolean({ default: false, description: 'With the replies in threads.' }),
});
export const MarkRead = Strict({
  ...eitherPlace,
  message_id: Type.Optional(Type.Integer({ ...Id, description: 'Up to this one; else to the end.' })),
  unread: Type.Boolean({ default: false, description: 'To just before `message_id` instead.' }),
});
export const Pin = Strict({ room_id: Type.Optional(Id), message_id: Id, pin: Type.Boolean({ default: true }) });
export const Unpin = Strict({ room_id: Type.Optional(Id), message_id: Id });
const OneOfTwo = Type.Integer({ ...Id, description: 'Both have to be named, and one of them is the caller.' });
export const CreateDirect = Strict({ user1_id: OneOfTwo, user2_id: OneOfTwo });
export const BlockDirect = Strict({ conversation_id: Id, block: Type.Boolean({ default: true }) });
export const ListDirect = Strict({ limit: Limit });
export const React = Strict({ message_id: Id, ...AddBody.properties });
export const EditMessage = Strict({ message_id: Id, ...EditBody.properties });
export const DeleteMessage = Strict({ message_id: Id, ...DeleteBody.properties });
export const RoomStats = Strict({ room_id: Id, ...PeriodQuery.properties });
export const AuditLogs = Strict({ room_id: Id, limit: Limit });
export const UpdateStatus = Strict({
  status: Type.Enum(['online', 'away', 'busy', 'invisible']),
  message: ProfileBody.properties.status_message,
});
export const Authenticate = Strict({
  token: Type.String({ minLength: 1, maxLength: 8_192 }),
  resume: Type.Optional(
    Nullable(Type.String({ maxLength: 32, description: 'The `event_id` to go on after, as a text.' })),
  ),
});
const Stamp = Type.Unknown({ description: 'Comes back in `pong`.' });
export const Ping = Type.Object({ timestamp: Type.Optional(Stamp) }, { additionalProperties: false });
export const Disconnect = Strict({ reason: Type.Optional(Type.String({ maxLength: 512 })) });
