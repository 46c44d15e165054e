import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { createApp } from '../src/app.ts';
import { ConfigError, readConfig } from '../src/config.ts';
import type { Database } from '../src/db/database.ts';
import { textOf } from '../src/db/statement.ts';
import { bootstrap } from '../src/modules/auth/bootstrap.ts';
import { loadSecrets } from '../src/modules/auth/secrets.ts';
import { engines } from './engines.ts';
import { createTestApp } from './harness/app.ts';
import { person } from './harness/people.ts';
import { createPostgresDatabase } from './postgres_database.ts';

for (const engine of engines) {
  describe(`the first start (${engine})`, async () => {
    const directory = mkdtempSync(join(tmpdir(), 'veza-first-'));
    const database = engine === 'postgres' ? await createPostgresDatabase() : undefined;
    const base = { DATA_DIR: directory, LOG_LEVEL: 'silent', MIN_FREE_DISK_BYTES: '0', RATE_LIMITS: 'off' };
    const start = (variables: Record<string, string> = {}) => {
      return createApp(readConfig({ ...base, DATABASE_URL: database?.url, ...variables }));
    };
    after(async () => {
      await database?.drop();
      rmSync(directory, { recursive: true });
    });

    it('makes the admin, whose password it says once, and the default rooms', async () => {
      const app = await start({ DEFAULT_ROOMS: 'General, Équipe' });
      const { adminUsername, oneTimePassword = '' } = app.firstAdmin ?? {};
      assert.equal(adminUsername, 'admin');
      assert.ok(oneTimePassword.length >= 20);
      const body = { username: adminUsername, password: oneTimePassword };
      const admin = person(app, await person(app, undefined).post('/auth/login', body, 200));
      assert.deepEqual([admin.id, (await admin.get('/users/me', 200)).role], [1, 'admin']);
      const room = await admin.get('/rooms/1', 200);
      assert.deepEqual([room.name, room.is_public, room.owner_id, room.my_role], ['General', true, 1, 'owner']);
      assert.equal((await admin.get('/rooms', 200)).total, 2);
      const newcomer = { username: 'newcomer', email: 'newcomer@example.com', password: 'long enough' };
      const joined = person(app, await admin.post('/auth/register', newcomer, 201));
      assert.equal((await joined.get('/rooms?filter=joined', 200)).total, 2);
      const sql = 'select * from settings';
      const kept = JSON.stringify(await app.deps.db.reader.all(textOf(sql), []));
      assert.ok(!kept.includes(oneTimePassword));
      await app.close();
    });

    it('happens once, and tokens outlive a restart', async () => {
      const app = await start({ ADMIN_PASSWORD: 'another password', DEFAULT_ROOMS: 'Other' });
      assert.equal(app.firstAdmin, undefined);
      const stranger = person(app, undefined);
      await stranger.post('/auth/login', { username: 'admin', password: 'another password' }, 401);
      const body = { username: 'newcomer', password: 'long enough' };
      const { access_token, refresh_token } = await stranger.post('/auth/login', body, 200);
      await app.close();

      const again = await start();
      await person(again, { access_token }).get('/users/me', 200);
      await person(again, undefined).post('/auth/refresh', { refresh_token }, 200);
      assert.equal((await person(again, { access_token }).get('/rooms', 200)).total, 2);
      await again.close();
    });
  });

  describe(`first starts (${engine})`, async () => {
    const app = await createTestApp(engine);
    after(app.close);

    it('refuse what the first account may not have, all at once, and keep nothing', async () => {
      await empty(app.deps.db);
      const wrong = { ADMIN_USERNAME: 'root', ADMIN_EMAIL: 'a b', DEFAULT_ROOMS: ['General', '\u200b'] };
      const deps = { ...app.deps, config: { ...app.deps.config, ...wrong } };
      await app.unchanged(() =>
        assert.rejects(bootstrap(deps), (error: unknown) => {
          assert.ok(error instanceof ConfigError);
          const named = error.faults.map((fault) => fault.split(' ')[0]);
          assert.deepEqual(named, ['ADMIN_USERNAME', 'ADMIN_EMAIL', 'DEFAULT_ROOMS']);
          return true;
        }),
      );
    });

    it('make, at once, one admin and one set of secrets', async () => {
      const { db } = app.deps;
      await empty(db);
      const started = await Promise.all([1, 2, 3].map(() => bootstrap(app.deps)));
      assert.equal(started.filter((first) => first !== undefined).length, 1);
      const sql = 'select role from users';
      assert.deepEqual(await db.reader.all(textOf(sql), []), [{ role: 'admin' }]);
      const secrets = await Promise.all([1, 2, 3].map(() => loadSecrets(db, app.deps.config)));
      for (const each of secrets) assert.deepEqual(each, secrets[0]);
      assert.notDeepEqual(secrets[0]?.jwtSecret, secrets[0]?.secretKey);
    });
  });
}

async function empty(db: Database) {
  const tables = ['refresh_tokens', 'sessions', 'members', 'rooms', 'user_words', 'users', 'settings'];
  await db.write('empty', async (writer) => {
    for (const table of tables) await writer.run(textOf(`delete from ${table}`), []);
    await writer.run(textOf(`update counters set value = 0 where name = 'users'`), []);
  });
}
