import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { openTestDatabase } from '../../../test/storage/databases.ts';
import type { Database } from '../../db/database.ts';
import { textOf } from '../../db/statement.ts';
import { createActivity } from './activity.ts';

const { db, close } = await openTestDatabase('sqlite');
after(close);
await db.write('people', async (writer) => {
  for (const id of [1, 2]) {
    await writer.run(
      textOf(`insert into users (id, uuid, username, username_key, email, email_key, role, is_suspended, is_deleted, last_seen, version, created_at, updated_at)
        values (${id}, 'u${id}', 'u${id}', 'u${id}', 'e${id}', 'e${id}', 'user', 0, 0, 0, 1, 0, 0)`),
      [],
    );
  }
});
const stored = async () =>
  (await db.reader.all(textOf('select last_seen from users where id in (1, 2) order by id'), [])).map(
    ({ last_seen }) => last_seen,
  );

/** The database, failing as often as `failures` says; counts the writes that run at once. */
function fragile(failures: number) {
  const seen = { running: 0, most: 0 };
  const write: Database['write'] = async (name, work) => {
    seen.running++;
    seen.most = Math.max(seen.most, seen.running);
    try {
      await new Promise(setImmediate);
      if (failures-- > 0) throw new Error('the disk is full');
      return await db.write(name, work);
    } finally {
      seen.running--;
    }
  };
  return { seen, activity: createActivity({ ...db, write }) };
}

test('what a failed flush did not write is written by the next, the newer where both know one', async () => {
  const { activity } = fragile(1);
  activity.seen(1, 10);
  activity.seen(2, 10);
  const failing = activity.flush();
  await Promise.resolve();
  activity.seen(2, 20);
  await assert.rejects(failing, /full/);
  assert.deepEqual([activity.lastSeen(1, 0), activity.lastSeen(2, 0)], [10, 20]);
  await activity.flush();
  assert.deepEqual(await stored(), [10, 20]);
});

test('flushes follow one another, and the last has written all that was seen before it', async () => {
  const { activity, seen } = fragile(0);
  activity.seen(1, 30);
  const first = activity.flush();
  await Promise.resolve();
  activity.seen(2, 40);
  assert.equal(activity.lastSeen(1, 0), 30);
  await Promise.all([first, activity.flush()]);
  assert.deepEqual(await stored(), [30, 40]);
  assert.equal(seen.most, 1);
});

test('whoever read a row before it was written learns of it after', async () => {
  const { activity } = fragile(0);
  activity.seen(1, 50);
  const [read] = await stored();
  await activity.flush();
  assert.equal(activity.lastSeen(1, Number(read)), 50);
});
