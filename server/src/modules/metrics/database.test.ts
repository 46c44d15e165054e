import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Database } from '../../db/database.ts';
import { measureDatabase } from './database.ts';

const upOf = async (ping: Database['ping']) => {
  const [found] = await measureDatabase({ db: { ping } as Database });
  return found?.value;
};

test('a database is up when it answers, and not when it refuses', async () => {
  assert.equal(await upOf(() => Promise.resolve()), 1);
  assert.equal(await upOf(() => Promise.reject(new Error('gone'))), 0);
});

test('one that does not answer is down, and nobody waits for it', async () => {
  // The wait itself keeps no process alive.
  const alive = setInterval(() => {}, 100);
  assert.equal(await upOf(() => new Promise(() => {})), 0);
  clearInterval(alive);
});
