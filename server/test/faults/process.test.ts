import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import SqliteConnection from 'better-sqlite3';
import { type ServerProcess, startServer } from '../harness/server_process.ts';
import { connectTo } from './http_client.ts';
import { PASSWORD, ready, settings } from './world.ts';

describe('the process', () => {
  const directory = mkdtempSync(join(tmpdir(), 'veza-process-'));
  const started: ServerProcess[] = [];
  const start = (variables: Record<string, string> = {}) => {
    const server = startServer({ directory, variables: { ...settings, DATA_DIR: directory, ...variables } });
    started.push(server);
    return server;
  };
  afterEach(async () => {
    for (const server of started.splice(0)) await server.end('SIGKILL');
  });
  after(() => rmSync(directory, { recursive: true }));

  it('owns its data directory: a second one ends and says why; after kill -9 it is free', async () => {
    const first = start();
    const url = await ready(first);
    const second = start();
    assert.deepEqual(await second.exited, { code: 1, signal: null });
    const advice = 'stop that one, or set DATA_DIR to another folder';
    assert.equal(
      second.output(),
      `veza: The data directory ${directory} is in use by another running server: ${advice}\n`,
    );
    const relative = start({ DATA_DIR: '.' });
    await relative.exited;
    assert.equal(relative.output(), second.output(), 'whatever it was called');
    assert.equal((await connectTo(url).call('GET', '/readyz')).status, 200, 'the first one goes on');
    await first.end('SIGKILL');
    await ready(start());
  });

  it('names every wrong variable at once and ends with 78, having touched nothing', async () => {
    const elsewhere = join(directory, 'elsewhere');
    const wrong = start({
      DATA_DIR: elsewhere,
      PORT: '80a',
      LOG_LEVEL: 'loud',
      RATE_LIMIT_SEND: 'often',
      MAX_PINS_PER_ROOM: '0',
      REFRESH_IDLE_DAYS: '40',
    });
    assert.deepEqual(await wrong.exited, { code: 78, signal: null });
    const lines = wrong.output().trim().split('\n');
    const named = lines.map((line) => /^configuration: (\w+) must /.exec(line)?.[1]);
    assert.deepEqual(named.sort(), ['LOG_LEVEL', 'MAX_PINS_PER_ROOM', 'PORT', 'RATE_LIMIT_SEND', 'REFRESH_IDLE_DAYS']);
    assert.ok(!existsSync(join(elsewhere, 'veza.db')));
  });

  it('ends with 1 and one clear line when its directory or its port is not to be had', async () => {
    const file = join(directory, 'file');
    writeFileSync(file, '');
    const nowhere = start({ DATA_DIR: join(file, 'data') });
    assert.deepEqual(await nowhere.exited, { code: 1, signal: null });
    assert.match(
      nowhere.output(),
      /^veza: The data directory \S+\/file\/data cannot be made or written \(EEXIST.*\/file'\): set DATA_DIR to .*\n$/,
    );
    const { port } = new URL(await ready(start()));
    const second = start({ DATA_DIR: join(directory, 'second'), PORT: port });
    assert.deepEqual(await second.exited, { code: 1, signal: null });
    assert.match(
      second.output(),
      /^The database was made, with an admin:\n {2}Admin {5}admin\nveza: Port \d+ is taken on 127\.0\.0\.1: set PORT to another\n$/,
    );
    for (const HOST of ['192.0.2.1', 'nohost.invalid']) {
      const elsewhere = start({ DATA_DIR: join(directory, 'second'), HOST });
      assert.deepEqual(await elsewhere.exited, { code: 1, signal: null });
      assert.equal(
        elsewhere.output(),
        `veza: HOST is ${HOST}, which is no address of this machine: set HOST to another\n`,
      );
    }
    const again = start({ DATA_DIR: join(directory, 'second') });
    await ready(again);
    assert.match(again.output(), /Admin {5}is there already; ADMIN_PASSWORD is for the first start alone/);
  });

  it('ends as well where no directory can ever be made', {
    skip: !existsSync('/proc/self') && 'no /proc',
  }, async () => {
    for (const directory of ['/proc/veza/data', '/proc']) {
      const server = start({ DATA_DIR: directory, NODE_COMPILE_CACHE: '' });
      const ended = await Promise.race([server.exited, sleep(20_000, 'still trying', { ref: false })]);
      assert.deepEqual(ended, { code: 1, signal: null });
      const [line = '', ...more] = server.output().trim().split('\n');
      assert.ok(line.startsWith(`veza: The data directory ${directory} cannot be made or written (`), line);
      assert.deepEqual(more, []);
    }
  });

  it('starts on what a newer version has added to, and refuses what it has taken from, and another past', async () => {
    const path = join(directory, 'veza.db');
    const damage = (sql: string) => {
      const connection = new SqliteConnection(path);
      connection.exec(sql);
      connection.close();
    };
    damage(`insert into schema_migrations (id, name, checksum, applied_at) values (9998, 'from the future', 'x', 1)`);
    const between = start();
    await ready(between);
    assert.match(between.output(), /"migrations":\["from the future"\],"msg":"the database is of a newer version"/);
    await between.end('SIGTERM');
    damage(`update schema_migrations set id = 9999, name = name || ', takes what 9998 made needless' where id = 9998`);
    const older = start();
    assert.deepEqual(await older.exited, { code: 1, signal: null });
    assert.match(
      older.output(),
      /^veza: The database has migration 9999 \(from the future, takes what 9998 made needless\).*start a newer version\n$/,
    );
    damage(`delete from schema_migrations where id = 9999;
      update schema_migrations set checksum = 'was ' || checksum where id = 1`);
    const other = start();
    assert.deepEqual(await other.exited, { code: 1, signal: null });
    assert.match(other.output(), /^veza: Migration 1 \(\w+\) was applied with other statements/);
    damage(`update schema_migrations set checksum = substr(checksum, 5) where id = 1`);
    await ready(start());
  });

  it('answers on SIGTERM what is in flight, keeps what it acknowledged, and ends with 0', async () => {
    // Long enough that it does not end by being cut off.
    const server = start({ DRAIN_SECONDS: '200' });
    const url = await ready(server);
    const client = connectTo(url);
    const { data } = await client.call('POST', '/auth/login', undefined, {
      username: 'admin',
      password: PASSWORD,
    });
    const send = (content: string) => client.call('POST', '/rooms/1/messages', data.access_token, { content });
    const sending = await half(url, data.access_token, JSON.stringify({ content: 'half of it came before' }));
    const many = Array.from({ length: 40 }, (_, n) => send(`at the last moment ${n}`).then(({ status }) => status));
    // All of them are on their way; the first answer shows that the server has begun.
    await Promise.race(many);
    const ending = server.end('SIGTERM');
    const statuses = await Promise.allSettled(many);
    await sleep(100);
    assert.match(await sending.finish(), /^HTTP\/1.1 201 /);
    const drained = await Promise.race([ending, sleep(60_000, 'still draining', { ref: false })]);
    assert.deepEqual(drained, { code: 0, signal: null }, server.output());
    const acknowledged = statuses.filter((result) => result.status === 'fulfilled' && result.value === 201).length;
    assert.ok(acknowledged > 0);
    await assert.rejects(connectTo(url).call('GET', '/readyz'));

    const again = connectTo(await ready(start()));
    const { data: page } = await again.call('GET', '/rooms/1/messages?limit=100', data.access_token);
    const contents: string[] = page.messages.map(({ content }: { content: string }) => content);
    assert.equal(contents.filter((content) => content.startsWith('at the last moment')).length, acknowledged);
    assert.ok(contents.includes('half of it came before'));
  });
});

/** A request whose body has come halfway. */
async function half(url: string, token: string, body: string) {
  const { port, hostname } = new URL(url);
  const socket: Socket = connect(Number(port), hostname);
  let answer = '';
  const ended = new Promise<string>((resolve) => {
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(answer));
  });
  const head = [
    'POST /api/v1/rooms/1/messages HTTP/1.1',
    `Host: ${hostname}`,
    `Authorization: Bearer ${token}`,
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
  ];
  await new Promise<void>((resolve) =>
    socket.write(`${head.join('\r\n')}\r\n\r\n${body.slice(0, 5)}`, () => resolve()),
  );
  return {
    finish: () => {
      socket.write(body.slice(5));
      return ended;
    },
  };
}
