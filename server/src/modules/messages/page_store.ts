import { sql } from 'kysely';
import type { Reader } from '../../db/database.ts';
import { type Builder, type Query, query } from '../../db/statement.ts';
import type { MessageKey } from './fragments.ts';

/** What a list shows: everything listed, or without replies; and of that perhaps only what is pinned. */
export interface Selection {
  readonly withReplies: boolean;
  readonly pinnedOnly: boolean;
}

interface Edge {
  container_id: number;
  id: number;
  limit: number;
}

// Literals, not parameters: the partial indexes serve only conditions the planner can see.
function selected(q: Builder, { withReplies, pinnedOnly }: Selection, containerId: number) {
  const all = q
    .selectFrom('messages')
    .where('container_id', '=', containerId)
    .where(pinnedOnly ? 'is_pinned' : 'is_listed', '=', sql.lit(1));
  return withReplies ? all : all.where('parent_id', 'is', null);
}

const older = (selection: Selection): Query<Edge, MessageKey> =>
  query((q, p: Edge) =>
    selected(q, selection, p.container_id)
      .where('id', '<', p.id)
      .orderBy('id', 'desc')
      .limit(p.limit)
      .select(['id', 'container_id', 'version', 'reaction_count']),
  );
const newer = (selection: Selection): Query<Edge, MessageKey> =>
  query((q, p: Edge) =>
    selected(q, selection, p.container_id)
      .where('id', '>', p.id)
      .orderBy('id', 'asc')
      .limit(p.limit)
      .select(['id', 'container_id', 'version', 'reaction_count']),
  );

const selections: readonly Selection[] = [false, true].flatMap((withReplies) =>
  [false, true].map((pinnedOnly) => ({ withReplies, pinnedOnly })),
);
const statements = selections.map((selection) => ({ older: older(selection), newer: newer(selection) }));

function statementsFor({ withReplies, pinnedOnly }: Selection) {
  return statements[(withReplies ? 2 : 0) + (pinnedOnly ? 1 : 0)] as (typeof statements)[number];
}

/** Newest first, below an id. */
export function olderKeys(db: Reader, selection: Selection, edge: Edge): Promise<MessageKey[]> {
  return statementsFor(selection).older.all(db, edge);
}

/** Oldest first, above an id. */
export function newerKeys(db: Reader, selection: Selection, edge: Edge): Promise<MessageKey[]> {
  return statementsFor(selection).newer.all(db, edge);
}

interface Thread {
  container_id: number;
  parent_id: number;
}

const replies = (q: Builder, { container_id, parent_id }: Thread) =>
  q
    .selectFrom('messages')
    .where('parent_id', '=', parent_id)
    .where('container_id', '=', container_id)
    .where('is_listed', '=', sql.lit(1))
    .select(['id', 'container_id', 'version', 'reaction_count']);

export const olderReplies = query((q, p: Thread & Edge) =>
  replies(q, p).where('id', '<', p.id).orderBy('id', 'desc').limit(p.limit),
);
export const newerReplies = query((q, p: Thread & Edge) =>
  replies(q, p).where('id', '>', p.id).orderBy('id', 'asc').limit(p.limit),
);

/** Messages that mention someone, newest first, as far as he may still read them. */
export const mentionKeys = query(
  (q, p: { user_id: number; id: number; limit: number; now: number; is_guest: number }) =>
    q
      .selectFrom('mentions as n')
      .innerJoin('messages as m', (join) =>
        join.onRef('m.id', '=', 'n.message_id').onRef('m.container_id', '=', 'n.container_id'),
      )
      .innerJoin('containers as c', 'c.id', 'm.container_id')
      .leftJoin('members as me', (join) =>
        join.onRef('me.container_id', '=', 'c.id').onRef('me.user_id', '=', 'n.user_id').on('me.left_at', 'is', null),
      )
      .leftJoin('bans as b', (join) => join.onRef('b.container_id', '=', 'c.id').onRef('b.user_id', '=', 'n.user_id'))
      .where('n.user_id', '=', p.user_id)
      .where('n.message_id', '<', p.id)
      // Conversations are not for guests, what they had before included.
      .where(({ or, eb }) => or([eb('c.visibility', '!=', sql.lit('direct')), sql<boolean>`${p.is_guest} = 0`]))
      .where(({ or, eb }) => or([eb('b.user_id', 'is', null), eb('b.until', '<=', p.now)]))
      .where(({ or, eb, and }) =>
        or([
          eb('c.visibility', '=', sql.lit('public')),
          and([eb('c.visibility', '!=', sql.lit('deleted')), eb('me.user_id', 'is not', null)]),
        ]),
      )
      .orderBy('n.message_id', 'desc')
      .limit(p.limit)
      .select(['m.id', 'm.container_id', 'm.version', 'm.reaction_count']),
);
