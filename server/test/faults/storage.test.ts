import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { textOf } from '../../src/db/statement.ts';
import { differences } from '../../src/modules/admin/consistency.ts';
import { createTestApp } from '../harness/app.ts';
import { connectTo } from './http_client.ts';
import { createLedger } from './ledger.ts';
import { load } from './load.ts';
import { openReader } from './reader.ts';
import { startServer } from './server_process.ts';
import { verifyReplays, verifyShown, verifyStored } from './verify.ts';
import { PASSWORD, ready, settleIn } from './world.ts';

/** Whether a command of the system is there and allowed to do this. */
const works = (command: string, ...args: string[]) => spawnSync(command, args, { stdio: 'ignore' }).status === 0;

describe('a file that may not grow', () => {
  it('refuses writes with 507, answers reads, loses nothing it acknowledged, and goes on when it may grow', async () => {
    const app = await createTestApp('sqlite', {}, { maxPages: 160 });
    const { id } = await app.admin.post('/rooms', { name: 'full' }, 201);
    const acknowledged: number[] = [];
    let refused = 0;
    for (let round = 0; round < 100 && refused < 60; round++) {
      const sends = Array.from({ length: 30 }, async (_, n) => {
        const body = { content: `${round} ${n} ${'x'.repeat(1_500)}`, metadata: { client_id: `${round} ${n}` } };
        const reply = await app.admin.request('POST', `/rooms/${id}/messages`, { body });
        if (reply.status === 201) acknowledged.push(reply.data.id);
        else {
          assert.equal(reply.status, 507, reply.text);
          assert.equal(reply.error.code, 'STORAGE_FULL');
          refused++;
        }
      });
      await Promise.all(sends);
    }
    assert.ok(refused >= 60, 'it was filled');
    const room = () => app.admin.request('POST', '/rooms', { body: { name: 'x'.repeat(100), topic: 'x'.repeat(200) } });
    let made = await room();
    while (made.status === 201) made = await room();
    assert.deepEqual([made.status, made.error.code], [507, 'STORAGE_FULL'], 'not messages alone');
    await app.admin.get('/readyz', 200);
    const ids: number[] = [];
    for (let more = true, before = ''; more; before = `&before_id=${ids.at(-1)}`) {
      const page = await app.admin.get(`/rooms/${id}/messages?limit=100${before}`, 200);
      ids.push(...page.messages.map((message: { id: number }) => message.id));
      more = page.has_more;
    }
    assert.deepEqual(
      ids.reverse(),
      acknowledged.sort((a, b) => a - b),
    );
    assert.deepEqual(await differences(app.deps.db.reader), []);

    await app.deps.db.write('room', (db) => db.all(textOf('pragma max_page_count = 100000'), []));
    await app.admin.post(`/rooms/${id}/messages`, { content: 'room at last' }, 201);
    assert.deepEqual(await differences(app.deps.db.reader), []);
    await app.close();
  });
});

describe('a full disk', () => {
  const probe = mkdtempSync(join(tmpdir(), 'veza-mount-'));
  const canMount = works('mount', '-t', 'tmpfs', '-o', 'size=64k', 'veza-test', probe) && works('umount', probe);
  rmSync(probe, { recursive: true });

  it('keeps the server answering, through a restart too', { skip: !canMount && 'no right to mount one' }, async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'veza-full-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'veza-test', directory]);
    t.after(() => {
      execFileSync('umount', ['--lazy', directory]);
      rmSync(directory, { recursive: true });
    });
    const start = (watermark: number) =>
      startServer({
        directory,
        variables: { ADMIN_PASSWORD: PASSWORD, MIN_FREE_DISK_BYTES: String(watermark), MAX_PINS_PER_ROOM: '1000' },
      });
    let server = start(0);
    let client = connectTo(await ready(server));
    const ledger = createLedger();
    const places = await settleIn(client);
    const token = places[0]?.players[0]?.token;
    await load(client, ledger, places, 1, () => ledger.counts.full > 100);
    assert.ok(ledger.counts.acknowledged > 100);
    const db = openReader(join(directory, 'veza.db'), undefined);
    const stored = await verifyStored(db.reader, ledger);
    for (const place of places) await verifyShown(client, place, stored, 0);
    await server.end('SIGKILL');

    // Started again without room, and with a watermark that says so.
    server = start(65_536);
    client = connectTo(await ready(server));
    const degraded = async () => (await client.call('GET', '/readyz')).data.degraded;
    assert.deepEqual(await degraded(), ['storage_full']);
    for (const place of places) {
      await verifyShown(client, place, stored, 0);
      const { status, data } = await client.call('POST', `${place.path}/messages`, token, { content: 'no room' });
      assert.deepEqual([status, data.code], [507, 'STORAGE_FULL']);
    }
    assert.deepEqual(await verifyStored(db.reader, ledger), stored);

    execFileSync('mount', ['-o', 'remount,size=32m', directory]);
    while ((await degraded()).length > 0) await sleep(50);
    await verifyReplays(client, ledger, stored);
    await load(client, ledger, places, 2, () => ledger.counts.acknowledged > 600);
    await server.end('SIGKILL');
    await verifyStored(db.reader, ledger);
    await db.close();
  });
});

interface Breakage {
  readonly name: string;
  readonly can: boolean;
  /** Resolves once writes fail, or soon will. */
  readonly happen: (pid: number, directory: string) => Promise<void>;
}

const breakages: readonly Breakage[] = [
  {
    name: 'a write that fails',
    can: works('prlimit', '--version'),
    happen: async (pid, directory) => {
      const room = Math.floor(Math.random() * 200_000);
      const limit = statSync(join(directory, 'veza.db-wal')).size + room;
      execFileSync('prlimit', ['--pid', String(pid), `--fsize=${limit}`]);
    },
  },
  {
    name: 'a sync that fails',
    can: works('strace', '-o', '/dev/null', '-e', 'inject=fsync:error=EIO', 'true'),
    happen: async (pid) => {
      const inject = ['-e', 'trace=fsync,fdatasync', '-e', 'inject=fsync,fdatasync:error=EIO'];
      const tracer = spawn('strace', ['-f', '-p', String(pid), ...inject, '-o', '/dev/null']);
      await once(tracer.stderr, 'data');
    },
  },
];

describe('a failing disk', () => {
  for (const { name, can, happen } of breakages) {
    it(`${name} ends the process; what was acknowledged is there`, { skip: !can && 'not possible here' }, async (t) => {
      const directory = mkdtempSync(join(tmpdir(), 'veza-broken-'));
      t.after(() => rmSync(directory, { recursive: true }));
      mkdirSync(directory, { recursive: true });
      const variables = { ADMIN_PASSWORD: PASSWORD, MAX_PINS_PER_ROOM: '1000' };
      let server = startServer({ directory, variables });
      let client = connectTo(await ready(server));
      const ledger = createLedger();
      const places = await settleIn(client);
      let dead = false;
      const loaded = load(client, ledger, places, 1, () => dead);
      while (ledger.counts.acknowledged < 50) await sleep(5);
      await happen(server.pid, directory);
      assert.deepEqual(await server.exited, { code: null, signal: 'SIGKILL' }, server.output());
      dead = true;
      await loaded;
      assert.match(server.output(), /veza: the storage failed and the process ends \(disk I\/O error/);

      server = startServer({ directory, variables });
      client = connectTo(await ready(server));
      const db = openReader(join(directory, 'veza.db'), undefined);
      const stored = await verifyStored(db.reader, ledger);
      for (const place of places) await verifyShown(client, place, stored, 0);
      await verifyReplays(client, ledger, stored);
      await verifyStored(db.reader, ledger);
      await db.close();
      await server.end('SIGKILL');
    });
  }
});
