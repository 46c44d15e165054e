import { sql } from 'kysely';
import { type Builder, change, query } from '../../db/statement.ts';

/** Statements that take away what deleted rooms have left, so many rows at a time. */
export const AT_ONCE = 200;

// A literal, as the planner has to know that these are few.
const few = sql.lit(AT_ONCE);

interface Room {
  id: number;
}

/** Deleted rooms of which anything is left, and since when they are deleted. */
export const findDeleted = query((q, _: object) =>
  q
    .selectFrom('containers as c')
    .innerJoin('rooms as r', 'r.id', 'c.id')
    .where('c.visibility', '=', 'deleted')
    .orderBy('c.id')
    .select(['c.id', 'r.updated_at as deleted_at']),
);

/** The newest ones, so that replies go before their roots. */
const newest = (q: Builder, { id }: Room) =>
  q.selectFrom('messages').where('container_id', '=', id).orderBy('seq', 'desc').limit(few).select('id');

const deleteReactions = change((q, p: Room) =>
  q
    .deleteFrom('reactions')
    .where(({ eb, refTuple, selectFrom }) =>
      eb(
        refTuple('message_id', 'emoji', 'user_id'),
        'in',
        selectFrom('reactions')
          .where('message_id', 'in', newest(q, p))
          .limit(few)
          .select(['message_id', 'emoji', 'user_id'])
          .$asTuple('message_id', 'emoji', 'user_id'),
      ),
    ),
);

const deleteMentions = change((q, p: Room) =>
  q
    .deleteFrom('mentions')
    .where(({ eb, refTuple, selectFrom }) =>
      eb(
        refTuple('user_id', 'container_id', 'seq'),
        'in',
        selectFrom('mentions')
          .where('message_id', 'in', newest(q, p))
          .limit(few)
          .select(['user_id', 'container_id', 'seq'])
          .$asTuple('user_id', 'container_id', 'seq'),
      ),
    ),
);

const forgetSent = change((q, p: Room) =>
  q
    .updateTable('deliveries')
    .set({ body: null })
    .where('id', 'in', ({ selectFrom }) =>
      selectFrom('deliveries')
        .where('about_message_id', 'in', newest(q, p))
        .where('body', 'is not', null)
        .limit(few)
        .select('id'),
    ),
);

const deleteRevisions = change((q, p: Room) =>
  q
    .deleteFrom('message_revisions')
    .where(({ eb, refTuple, selectFrom }) =>
      eb(
        refTuple('message_id', 'version'),
        'in',
        selectFrom('message_revisions')
          .where('message_id', 'in', newest(q, p))
          .limit(few)
          .select(['message_id', 'version'])
          .$asTuple('message_id', 'version'),
      ),
    ),
);

/** What hangs on the newest messages: gone before `deleteMessages` is run. */
export const hanging = [deleteReactions, deleteMentions, deleteRevisions, forgetSent] as const;
export const deleteMessages = change((q, p: Room) =>
  q.deleteFrom('messages').where('container_id', '=', p.id).where('id', 'in', newest(q, p)),
);

/** Rows of people in a room. */
const ofPeople = (table: 'bans' | 'members') =>
  change((q, p: Room) =>
    q
      .deleteFrom(table)
      .where('container_id', '=', p.id)
      .where('user_id', 'in', ({ selectFrom }) =>
        selectFrom(table).where('container_id', '=', p.id).limit(few).select('user_id'),
      ),
  );
export const deleteBans = ofPeople('bans');
export const deleteMembers = ofPeople('members');

/** What statistics were served from. */
export const deleteHours = change((q, p: Room) =>
  q
    .deleteFrom('room_hours')
    .where('container_id', '=', p.id)
    .where('hour', 'in', ({ selectFrom }) =>
      selectFrom('room_hours').where('container_id', '=', p.id).limit(few).select('hour'),
    ),
);
export const deleteAuthorHours = change((q, p: Room) =>
  q
    .deleteFrom('room_author_hours')
    .where('container_id', '=', p.id)
    .where(({ eb, refTuple, selectFrom }) =>
      eb(
        refTuple('hour', 'author_id'),
        'in',
        selectFrom('room_author_hours')
          .where('container_id', '=', p.id)
          .limit(few)
          .select(['hour', 'author_id'])
          .$asTuple('hour', 'author_id'),
      ),
    ),
);

/** Their last deliveries were over days ago. */
export const deleteSubscriptions = change((q, p: Room) =>
  q.deleteFrom('webhook_subscriptions').where('room_id', '=', p.id),
);
export const deleteReplays = change((q, p: Room) =>
  q
    .deleteFrom('webhook_replays')
    .where('webhook_id', 'in', ({ selectFrom }) => selectFrom('webhooks').where('room_id', '=', p.id).select('id')),
);
export const deleteWebhooks = change((q, p: Room) => q.deleteFrom('webhooks').where('room_id', '=', p.id));

export const deleteRoomRow = change((q, p: Room) => q.deleteFrom('rooms').where('id', '=', p.id));
export const deleteContainer = change((q, p: Room) => q.deleteFrom('containers').where('id', '=', p.id));
