import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect as dial } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { engines } from '../engines.ts';
import { createTestApp, type TestApp } from '../harness/app.ts';
import { freePort } from '../harness/free_port.ts';
import type { Person } from '../harness/people.ts';
import { createPostgresDatabase } from '../postgres_database.ts';
import { programs } from '../programs.ts';
import { connect, listen } from '../realtime/socket.ts';

const [pgbouncer] = (engines.includes('postgres') && programs('pgbouncer')) || [];

/** Few enough that every statement of a person comes over another one. */
const LENT = 3;

/** A PgBouncer before a database, which lends each connection for one transaction. */
async function startPooler(binary: string, target: string) {
  const { hostname, port: behind, username, password, pathname } = new URL(target);
  const port = await freePort();
  const directory = mkdtempSync(join(tmpdir(), 'veza-pooler-'));
  chmodSync(directory, 0o755);
  const name = pathname.slice(1);
  const lines = [
    '[databases]',
    `${name} = host=${hostname} port=${behind} user=${username} password=${password} dbname=${name}`,
    '[pgbouncer]',
    ...[`listen_addr = 127.0.0.1`, `listen_port = ${port}`, 'unix_socket_dir =', 'auth_type = any'],
    ...['pool_mode = transaction', `default_pool_size = ${LENT}`, 'max_client_conn = 200'],
  ];
  const file = join(directory, 'pgbouncer.ini');
  writeFileSync(file, `${lines.join('\n')}\n`);
  const isRoot = process.getuid?.() === 0;
  const child = spawn(binary, [...(isRoot ? ['-u', 'nobody'] : []), file], { stdio: 'ignore' });
  for (let tries = 0; !(await answers(port)); tries++) {
    assert.ok(tries < 200, 'PgBouncer does not answer');
    await sleep(25);
  }
  return {
    url: `postgres://veza@127.0.0.1:${port}/${name}`,
    close: async () => {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
      rmSync(directory, { recursive: true });
    },
  };
}

async function answers(port: number): Promise<boolean> {
  const socket = dial(port, '127.0.0.1');
  const isThere = await once(socket, 'connect').then(
    () => true,
    () => false,
  );
  socket.destroy();
  return isThere;
}

for (const binary of pgbouncer === undefined ? [] : [pgbouncer])
  describe('a server behind PgBouncer, which lends connections by transaction (postgres)', () => {
    let app: TestApp;
    let url: string;
    let database: Awaited<ReturnType<typeof createPostgresDatabase>>;
    let pooler: Awaited<ReturnType<typeof startPooler>>;
    before(async () => {
      database = await createPostgresDatabase();
      pooler = await startPooler(binary, database.url);
      app = await createTestApp('postgres', { DATABASE_URL: pooler.url, DATABASE_POOLER: 'transaction' });
      url = await listen(app);
    });
    after(() => app.close().finally(pooler.close).finally(database.drop));

    test('brings its database up to date, and does what it does elsewhere, much of it at once', async () => {
      const people = await Promise.all(['ada', 'bea', 'cid', 'dan'].map((name) => app.register(name)));
      const [ada] = people as [Person];
      const { id: room } = await ada.post('/rooms', { name: 'Pool' }, 201);
      for (const one of people.slice(1)) await one.post(`/rooms/${room}/join`, {}, 201);
      const socket = await connect(url, ada);
      const sends = Array.from({ length: 60 }, async (_, n) => {
        const one = people[n % people.length] as Person;
        const body = { content: `${n}`, metadata: { client_id: `twice-${n}` } };
        const [first, again] = await Promise.all(
          [1, 2].map(() => one.request('POST', `/rooms/${room}/messages`, { body })),
        );
        for (const reply of [first, again]) assert.ok(reply && reply.status < 300, `${reply?.text}`);
        assert.equal(first?.data.id, again?.data.id);
        return first?.data.id as number;
      });
      const ids = (await Promise.all(sends)).sort((a, b) => a - b);
      await socket.next('room_message', ({ id }) => id === ids.at(-1));
      assert.deepEqual(
        socket.of('room_message').map(({ id }) => id),
        ids,
      );
      const { total_count } = await socket.ask('get_history', { room_id: room, limit: 10 }, 'room_history');
      assert.equal(total_count, 60);
      assert.deepEqual((await app.admin.get('/admin/consistency', 200)).differences, []);
      assert.deepEqual((await app.admin.request('GET', '/readyz')).text, '{"status":"ready","degraded":[]}');
      await socket.close();
    });

    test('whoever waits for a connection while all are lent waits, and the database is not taken for lost', async () => {
      const sleeps = Array.from({ length: LENT }, () =>
        app.deps.db.write('sleep', (db) => db.all({ name: undefined, sql: 'select pg_sleep(4)' }, [])),
      );
      await sleep(200);
      const asked = await Promise.all([app.admin.request('GET', '/users/me'), app.admin.request('GET', '/rooms')]);
      assert.deepEqual(
        asked.map(({ status }) => status),
        [200, 200],
      );
      await Promise.all(sleeps);
    });

    test('a statement that takes too long is ended there, too', async () => {
      const begun = performance.now();
      await assert.rejects(
        app.deps.db.write('slow', (db) => db.all({ name: undefined, sql: 'select pg_sleep(60)' }, [])),
        // By PostgreSQL, and not because the database was taken for lost.
        ({ name, cause }: Error) => name === 'DatabaseUnavailable' && (cause as { code?: string }).code === '57014',
      );
      assert.ok(performance.now() - begun < 30_000);
    });
  });
