import { type Static, Type } from 'typebox';
import { type EventType, eventCatalogue } from '../../events.ts';
import { Component, Id, Limit, Nullable, Offset, Strict, Timestamp } from '../../schemas.ts';

const auditedTypes = (Object.keys(eventCatalogue) as EventType[]).filter((type) => eventCatalogue[type].audited);

const Entry = Component('AuditEntry', {
  id: Id,
  action: Type.String({ description: 'An audited event of the catalogue, as `message_deleted`.' }),
  details: Type.Object({}, { additionalProperties: true, description: 'What the action says of itself.' }),
  user_id: Nullable(Type.Integer({ description: 'Whom it happened to.' })),
  moderator_id: Nullable(Type.Integer({ description: 'Who did it; null when the server did.' })),
  actor_id: Nullable(Type.Integer({ description: 'The same.' })),
  room_id: Nullable(Id),
  conversation_id: Nullable(Id),
  ip_address: Nullable(Type.String({ description: 'Where the request came from; for admins, null to others.' })),
  created_at: Timestamp,
});

export const AuditPage = Component('AuditPage', {
  logs: Type.Array(Entry, { description: 'Newest first.' }),
  total: Type.Integer({ description: 'Rows that the filters select.' }),
  has_more: Type.Boolean(),
});

const At = (description: string) => Type.Optional(Type.String({ format: 'date-time', description }));

export const AuditQuery = Strict({
  action: Type.Optional(Type.Enum(auditedTypes, { description: 'Only this action.' })),
  user_id: Type.Optional(Id),
  actor_id: Type.Optional(Id),
  before_id: Type.Optional(Id),
  from: At('Not before this time.'),
  to: At('Before this time.'),
  limit: Limit,
  offset: Offset,
});
export type AuditOptions = Static<typeof AuditQuery>;
