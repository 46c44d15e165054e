import { Type } from 'typebox';
import { Component, Cursor, Id, Limit, Nullable, Strict, Timestamp } from '../../schemas.ts';
import { emojiFault } from './emoji.ts';

const Emoji = Type.String({
  minLength: 1,
  maxLength: 32,
  description: 'One emoji; a missing U+FE0F is added.',
  rule: emojiFault,
});

export const OfReaction = Strict({ message_id: Id, emoji: Emoji });
export const AddBody = Strict({ emoji: Emoji });
export const ListQuery = Strict({
  emoji: Type.Optional(Emoji),
  limit: Limit,
  cursor: Type.Optional(Cursor),
});

const Person = Strict({ user_id: Id, username: Type.String(), created_at: Timestamp });

export const Reactions = Component('Reactions', {
  message_id: Id,
  total_reactions: Type.Integer({ description: 'Of all emoji.' }),
  reactions: Type.Array(
    Strict({
      emoji: Type.String(),
      count: Type.Integer(),
      users: Type.Array(Person, { description: 'Oldest first; the first ten, or a page of those who chose `emoji`.' }),
    }),
  ),
  has_more: Type.Optional(Type.Boolean({ description: 'Where `emoji` was asked for.' })),
  next_cursor: Type.Optional(Nullable(Type.String({ description: 'Pass it as `cursor` for the next page.' }))),
});

export const Reaction = Component('Reaction', {
  message_id: Id,
  emoji: Type.String(),
  user_id: Id,
  username: Type.String(),
  created_at: Timestamp,
});
