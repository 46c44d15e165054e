import { type TObject, type TProperties, type TSchema, Type } from 'typebox';
import { eventCatalogue, type WebhookEvent } from '../../events.ts';
import { Component, Id, Nullable, Strict } from '../../schemas.ts';
import { Ban } from '../bans/schema.ts';
import { File } from '../files/schema.ts';
import { ToldMember } from '../members/schema.ts';
import { Message } from '../messages/schema.ts';
import { Room } from '../rooms/schema.ts';
import { OwnUser } from '../users/schema.ts';
import { Webhook } from './schema.ts';

/** In every `data`. */
const always = {
  room_id: Nullable(Id),
  actor_id: Type.Integer({ minimum: 0, description: 'Who did it; 0 for the server itself.' }),
  truncated: Type.Optional(Type.Array(Type.String(), { description: 'Fields that were cut, so that the body fits.' })),
};
const inRoom = { ...always, room_id: Id };
/** What is left to say of a thing that is gone. */
const ids = { message_id: Type.Optional(Id), user_id: Type.Optional(Id) };
const username = Type.Optional(Type.String());

/** The thing as REST shows it to nobody in particular, or where it is gone its ids; either with what the log alone knows. */
const thingOf = ({ properties }: TObject, more: TProperties, gone: TProperties = { ...inRoom, ...ids, ...more }) =>
  Type.Union([Strict({ ...properties, ...inRoom, ...more }), Strict(gone)]);

const { can: _, ...shownOfRoom } = Room.properties;
const Place = Type.Object(shownOfRoom);
const GoneRoom = { ...inRoom, id: Id, is_deleted: Type.Literal(true) };

const Root = Strict(
  { message_id: Id, thread_count: Type.Integer(), version: Type.Integer() },
  { description: 'Of a reply: the message its thread is under, as it is now.' },
);
const ToldMessage = Component('ToldMessage', {
  ...Message.properties,
  ...always,
  user_id: Type.Integer({ minimum: 1, description: 'The author, as `author_id`.' }),
  root: Type.Optional(Root),
});
/** What the log says of them besides has the names of fields they have. */
const message = ToldMessage;

/** How many are in the room now. */
const counted = { member_count: Type.Integer({ minimum: 0 }) };
const Person = Strict({ user_id: Id, username: Type.String() });
const ofMember = (type: 'user_joined' | 'user_left' | 'member_role_changed' | 'member_muted' | 'member_unmuted') =>
  thingOf(ToldMember, { ...counted, ...saidOf(type) }, { ...inRoom, user_id: Id, ...saidOf(type) });
const reaction = (type: 'reaction_added' | 'reaction_removed') =>
  Strict({
    ...{ ...inRoom, message_id: Id, user_id: Id, username, ...saidOf(type) },
    users: Type.Optional(Type.Array(Person, { description: 'The first ten who chose it, as they are now.' })),
    version: Type.Optional(Type.Integer({ description: 'Of the message, as it is now.' })),
  });
const ofUser = (type: 'user_created' | 'user_updated') => {
  const about = { ...always, room_id: Type.Null(), user_id: Id, ...saidOf(type) };
  return Type.Union([Strict({ ...OwnUser.properties, ...about }), Strict(about)]);
};

/** What `data` is, of each event a webhook may ask for. */
export const payloadSchemas: Readonly<Record<WebhookEvent, TSchema>> = {
  message_sent: message,
  message_updated: message,
  message_deleted: message,
  message_pinned: message,
  message_unpinned: message,
  direct_message_sent: message,
  reaction_added: reaction('reaction_added'),
  reaction_removed: reaction('reaction_removed'),
  user_joined: ofMember('user_joined'),
  user_left: ofMember('user_left'),
  member_role_changed: ofMember('member_role_changed'),
  member_muted: ofMember('member_muted'),
  member_unmuted: ofMember('member_unmuted'),
  user_banned: thingOf(
    Ban,
    { ...counted, ...saidOf('user_banned') },
    { ...inRoom, user_id: Id, username, member_count: Type.Optional(counted.member_count), ...saidOf('user_banned') },
  ),
  user_unbanned: Strict({ ...inRoom, user_id: Id, username }),
  room_created: thingOf(Place, {}, GoneRoom),
  room_updated: thingOf(Place, {}, GoneRoom),
  room_deleted: Strict({ ...GoneRoom, ...saidOf('room_deleted') }),
  file_uploaded: thingOf(File, saidOf('file_uploaded')),
  file_deleted: Strict({
    ...{ ...inRoom, ...ids, ...saidOf('file_deleted') },
    version: Type.Optional(Type.Integer({ description: 'Of the message it hung on, as that is now.' })),
  }),
  message_reported: Strict({ ...inRoom, ...ids }),
  user_created: ofUser('user_created'),
  user_updated: ofUser('user_updated'),
  user_deleted: Strict({ ...always, ...ids }),
  webhook_disabled: Type.Union([
    Strict({ ...Webhook.properties, ...always, ...saidOf('webhook_disabled') }),
    Strict({ ...always, ...ids, ...saidOf('webhook_disabled') }),
  ]),
  webhook_test: Strict({ ...always, webhook_id: Id }),
};

/** Of what the log has, as it is told: times are numbers there. */
function saidOf(type: keyof typeof eventCatalogue): TProperties {
  const { until, ...rest }: TProperties = eventCatalogue[type].data.properties;
  return until === undefined ? rest : { ...rest, until: Nullable(Type.String({ format: 'date-time' })) };
}
