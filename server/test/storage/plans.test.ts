import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import type { CompiledText, Reader, Writer } from '../../src/db/database.ts';
import { textOf } from '../../src/db/statement.ts';
import { findLastMessage, listConversationIds } from '../../src/modules/conversations/store.ts';
import {
  mentionKeys,
  newerKeys,
  newerReplies,
  olderKeys,
  olderReplies,
  type Selection,
} from '../../src/modules/messages/page_store.ts';
import { findSent } from '../../src/modules/messages/store.ts';
import { countOf, ownReactions, peopleAfter, reactionsOf } from '../../src/modules/reactions/store.ts';
import { countMentions, countSkipped, unreadOf } from '../../src/modules/read_marks/store.ts';
import { listPage } from '../../src/modules/rooms/list_store.ts';
import { findWanted } from '../../src/modules/webhooks/replay_store.ts';
import { findActing } from '../../src/nodes/store.ts';
import { engines } from '../engines.ts';
import { openTestDatabase } from './databases.ts';

interface Hot {
  readonly name: string;
  readonly run: (db: Reader) => Promise<unknown>;
  /** What SQLite must find its rows by; a primary key goes by its table's name. */
  readonly by: readonly string[];
  /** Sorts what is one's own, or one page: few rows. Everything else comes out of its index in order. */
  readonly sorts?: true;
}

const edge = { container_id: 1, id: 1_000, limit: 51 };
const mark = { container_id: 1, user_id: 1, low: 0, high: 10 };
const roomsPage = { user_id: 1, last_activity: 1_000, id: 1_000, limit: 51, offset: 0, window: 51 };

const span = { webhook_id: 1, from_at: 0, to_at: 1_000, by_star: '[]', low: 1, high: 500 };

const reactions = { message_id: 1, emoji: '👍' };

const page = (selection: Selection, by: string): Hot[] => [
  { name: `a page before, ${by}`, run: (db) => olderKeys(db, selection, edge), by: [by] },
  { name: `a page after, ${by}`, run: (db) => newerKeys(db, selection, edge), by: [by] },
];

/** What runs on every page, list and send, and the indexes it must find its rows by. */
const hot: readonly Hot[] = [
  ...page({ withReplies: true, pinnedOnly: false }, 'messages_listed'),
  ...page({ withReplies: false, pinnedOnly: false }, 'messages_listed_roots'),
  ...page({ withReplies: true, pinnedOnly: true }, 'messages_pinned'),
  ...page({ withReplies: false, pinnedOnly: true }, 'messages_pinned'),
  { name: 'older replies', run: (db) => olderReplies.all(db, { ...edge, parent_id: 1 }), by: ['messages_thread'] },
  { name: 'newer replies', run: (db) => newerReplies.all(db, { ...edge, parent_id: 1 }), by: ['messages_thread'] },
  {
    name: 'my mentions',
    run: (db) => mentionKeys.all(db, { ...edge, user_id: 1, now: 0, is_guest: 0 }),
    by: ['mentions_newest'],
  },
  {
    name: 'everything unread',
    run: (db) => unreadOf.all(db, { user_id: 1 }),
    by: ['members_of_user', 'messages_by_seq'],
    sorts: true,
  },
  { name: 'what a mark passes', run: (db) => countSkipped.all(db, mark), by: ['messages_by_seq'] },
  { name: 'mentions that a mark passes', run: (db) => countMentions.all(db, mark), by: ['mentions'] },
  {
    name: 'a repeated send',
    run: (db) => findSent.firstOfEach(db, [{ author_id: 1, container_id: 1, client_id: 'x' }]),
    by: ['messages_client_id'],
  },
  {
    name: 'the last message',
    run: (db) => findLastMessage.firstOfEach(db, [{ container_id: 1 }]),
    by: ['messages_listed'],
  },
  {
    name: 'my conversations',
    run: (db) => listConversationIds.all(db, { user_id: 1, limit: 51, offset: 0 }),
    by: ['members_of_user'],
    sorts: true,
  },
  { name: 'reactions of messages', run: (db) => reactionsOf(db, [1, 2]), by: ['reactions_in_order'], sorts: true },
  { name: 'my reactions', run: (db) => ownReactions(db, 1, 1, 50), by: ['reactions_by_user'] },
  { name: 'how many chose an emoji', run: (db) => countOf.all(db, reactions), by: ['reactions_in_order'] },
  {
    name: 'who chose an emoji',
    run: (db) => peopleAfter.all(db, { ...reactions, created_at: 0, user_id: 0, limit: 51 }),
    by: ['reactions_in_order'],
  },
  { name: 'what is to be sent again', run: (db) => findWanted.all(db, span), by: ['deliveries_by_event'] },
  { name: 'public rooms', run: (db) => listPage(db, 'public', roomsPage), by: ['containers_public'] },
  {
    name: 'visible rooms',
    run: (db) => listPage(db, 'visible', roomsPage),
    by: ['containers_public', 'members_of_user'],
    sorts: true,
  },
  { name: 'private rooms', run: (db) => listPage(db, 'private', roomsPage), by: ['members_of_user'], sorts: true },
  { name: 'joined rooms', run: (db) => listPage(db, 'joined', roomsPage), by: ['members_of_user'], sorts: true },
  { name: 'owned rooms', run: (db) => listPage(db, 'owned', roomsPage), by: ['rooms_by_owner'], sorts: true },
  {
    name: 'all rooms',
    run: (db) => listPage(db, 'all', roomsPage),
    by: ['containers_public', 'containers_private'],
    sorts: true,
  },
];

/** The plan of the one statement that `run` sends. */
async function planOf(db: Reader, run: Hot['run'], explain: string): Promise<string[]> {
  const sent: { text: CompiledText; values: readonly unknown[] }[] = [];
  await run({
    dialect: db.dialect,
    all: (text, values) => {
      sent.push({ text, values });
      return db.all(text, values);
    },
  });
  const [{ text, values } = assert.fail('nothing was sent'), ...more] = sent;
  assert.equal(more.length, 0, 'one statement');
  const rows = await db.all(textOf(`${explain} ${text.sql}`), values);
  return rows.map((row) => String(row.detail ?? row['QUERY PLAN']));
}

const tables = /\b(?:messages|containers|members|mentions|rooms|conversations|users|events|reactions)\b/;

describe('SQLite reads by its indexes', async () => {
  const { db, close } = await openTestDatabase('sqlite');
  after(close);
  const aliases = /^SCAN (?!\(|page\b|part\b|merged\b|json_each\b)/;

  for (const { name, run, by, sorts } of hot) {
    it(name, async () => {
      const plan = await planOf(db.reader, run, 'explain query plan');
      const text = plan.join('\n');
      for (const index of by)
        assert.match(text, new RegExp(`USING (?:COVERING )?INDEX ${index} |SEARCH ${index} USING PRIMARY KEY`), text);
      const scans = plan.filter((line) => aliases.test(line) && !/USING (?:COVERING )?INDEX/.test(line));
      assert.deepEqual(scans, [], text);
      assert.equal(/TEMP B-TREE FOR ORDER BY/.test(text), sorts ?? false, text);
    });
  }
});

for (const _ of engines.filter((engine) => engine === 'postgres')) {
  describe('PostgreSQL can read by its indexes', async () => {
    const { db, close } = await openTestDatabase('postgres');
    after(close);

    it('what acts at once, by the index that names the same events', async () => {
      await db.write('plans', async (writer: Writer) => {
        for (const kind of ['seqscan', 'bitmapscan']) await writer.run(textOf(`set local enable_${kind} = off`), []);
        const plan = await planOf(writer, (reader) => findActing.all(reader, { xid: '1', id: 1 }), 'explain');
        assert.match(plan.join('\n'), /Index Scan using events_acting/);
      });
    });

    it('everywhere: no hot statement lacks one', async () => {
      await db.write('plans', async (writer: Writer) => {
        // Tables this small are read whole by choice; the planner shows by this what it could do.
        await writer.run(textOf('set local enable_seqscan = off'), []);
        for (const { name, run } of hot) {
          const scans = (await planOf(writer, run, 'explain')).filter((line) => /Seq Scan/.test(line));
          assert.deepEqual(
            scans.filter((line) => tables.test(line)),
            [],
            name,
          );
        }
      });
    });
  });
}
