import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import SqliteConnection from 'better-sqlite3';
import type { App } from '../../src/app.ts';
import { openPostgres } from '../../src/db/postgres.ts';
import { textOf } from '../../src/db/statement.ts';
import { readHeads } from '../../src/modules/audit/head_file.ts';
import { auditKeys } from '../../src/modules/audit/keys.ts';
import { verifyAudit } from '../../src/modules/audit/verify.ts';
import { engines } from '../engines.ts';
import type { TestApp } from '../harness/app.ts';
import { type Person, person } from '../harness/people.ts';
import { settled } from '../harness/settled.ts';
import { connect, listen, logged } from '../realtime/socket.ts';
import { type Receiver, startReceiver } from '../webhooks/receiver.ts';
import { type House, openMovingHouse } from './house.ts';
import { type Life, leaveThingsToDo, live, login, type Name } from './life.ts';
import { migrateTo, runVeza } from './run_migrate.ts';
import { seenBy } from './seen.ts';

const off = { WEBHOOK_DELIVERY: 'off' };

/** Events that a socket gets which goes on from a place, as long as there are any. */
async function resumed(app: App, one: Person, cursor: string) {
  await settled(app);
  const client = await connect(await listen(app as TestApp), one, cursor);
  await client.next('resumed');
  const events = logged(client).map(({ type, data }) => ({ type, data }));
  await client.close();
  return events;
}

for (const engine of engines.filter((engine) => engine === 'postgres'))
  describe(`a server that moves from SQLite (${engine})`, async () => {
    const house: House = await openMovingHouse();
    const receiver: Receiver = await startReceiver();
    after(house.close);
    after(receiver.close);
    let life: Life;
    let seen: Map<string, string>;
    let told: unknown[];
    let contents: string[];
    let checksum: string;
    let settings: Record<string, string>;
    const as = (app: App, name: Name) =>
      person(app, {
        access_token: life.people[name].token,
        refresh_token: life.people[name].refreshToken,
        user: life.people[name],
      });

    before(async () => {
      const begun = house.clock.now() + 8 * 86_400_000 - 1_000;
      life = await live(house, receiver);
      const app = await house.open(off);
      await leaveThingsToDo(app, life, begun);
      await app.close();
      contents = await house.contents('embedded');
      checksum = house.checksum();
      // On a copy: what an admin reads of private rooms is written down too.
      const copy = mkdtempSync(join(tmpdir(), 'veza-copy-'));
      cpSync(house.directory, copy, { recursive: true });
      const before = await house.open({ ...off, DATA_DIR: copy });
      seen = await seenBy(before, life);
      told = await resumed(before, as(before, 'alice'), life.cursor);
      await before.close();
      rmSync(copy, { recursive: true });
      settings = { ...off, DATABASE_URL: house.url };
    });

    it('there is something in every table, so that none is forgotten', () => {
      const connection = new SqliteConnection(join(house.directory, 'veza.db'), { readonly: true });
      const tables = connection.pragma('table_list') as { name: string; type: string; schema: string }[];
      const own = tables.filter(
        ({ name, type, schema }) => schema === 'main' && type === 'table' && !name.startsWith('sqlite_'),
      );
      const empty = own.filter(({ name }) => connection.prepare(`select 1 from ${name} limit 1`).get() === undefined);
      connection.close();
      assert.deepEqual(
        // A server alone has nobody to share with.
        empty.map(({ name }) => name).sort(),
        ['leases', 'nodes'],
      );
    });

    it('has every row there, says so table by table, and leaves the old database as it was', async () => {
      const { code, out, err } = await migrateTo(house.directory, house.url);
      assert.deepEqual([code, err], [0, '']);
      assert.deepEqual(await house.contents('other'), contents);
      for (const table of ['users', 'messages', 'events', 'deliveries', 'audit_marks', 'webhook_replays'])
        assert.match(out, new RegExp(`^ {2}${table} +[1-9]`, 'm'));
      assert.match(out, /counts and checksums are those of the source/);
      assert.match(out, /^Files {2}stay in .*files/m);
      assert.ok(!out.includes(new URL(house.url).password), 'no password is shown');
      assert.equal(house.checksum(), checksum);
    });

    it('has nobody start on the old database by accident', async () => {
      const mark = join(house.directory, 'moved-to-postgresql.txt');
      assert.match(readFileSync(mark, 'utf8'), /was moved to postgres:\/\//);
      await assert.rejects(house.open(), /were moved to PostgreSQL: set DATABASE_URL/);
      const again = await migrateTo(house.directory, house.url);
      assert.equal(again.code, 69);
      assert.match(again.err, /were moved to PostgreSQL/);
      assert.ok(existsSync(mark));
      for (const command of [
        ['audit', 'verify'],
        ['listen', '--forward-to', 'http://127.0.0.1:9'],
      ]) {
        const { code, err } = await runVeza(house.directory, command);
        assert.equal(code, 69, command.join(' '));
        assert.match(err, /were moved to PostgreSQL/);
      }
    });

    it('still has an audit log that nobody altered', async () => {
      const { code, out, err } = await runVeza(house.directory, ['audit', 'verify'], { DATABASE_URL: house.url });
      assert.deepEqual([code, err], [0, '']);
      assert.match(out, /^\d+ rows are sealed.*\nNothing is wrong\.$/m);
      const db = openPostgres({ url: house.url });
      const [place] = await db.reader.all(
        textOf(
          `select (select xid from audit_marks where name = 'head') as head, min(xid)::text as low, max(xid)::text as high from audit_log`,
        ),
        [],
      );
      await db.close();
      assert.deepEqual(
        [place?.head, place?.low],
        [place?.high, place?.high],
        'all are of one transaction, the mark too',
      );
    });

    it('answers everybody as before, with the tokens they had', async () => {
      const app = await house.open(settings);
      const now = await seenBy(app, life);
      for (const [what, answer] of seen) assert.equal(now.get(what), answer, what);
      const { ok, differences } = await as(app, 'admin').get('/admin/consistency', 200);
      assert.deepEqual([ok, differences], [true, []]);
      await app.close();
    });

    it('goes on where readers of the event log were', async () => {
      const app = await house.open(settings);
      const alice = as(app, 'alice');
      assert.deepEqual(await resumed(app, alice, life.cursor), told);
      assert.ok(told.length > 10, `${told.length} events`);
      const { events } = await alice.get(`/events?after=${life.cursor}&limit=100`, 200);
      const sent = await alice.post(`/rooms/${life.ids.room}/messages`, { content: 'the first one here' }, 201);
      const more = await alice.get(`/events?after=${life.cursor}&limit=100`, 200);
      assert.deepEqual(more.events.slice(0, events.length), events);
      assert.deepEqual([more.events.length, more.events.at(-1).data.id], [events.length + 1, sent.id]);
      await app.close();
    });

    it('gives no id twice, refreshes sessions, and knows requests that were made before', async () => {
      const app = await house.open(settings);
      const alice = as(app, 'alice');
      const highest = (table: string) =>
        Number(
          /"id":(\d+)/.exec(
            contents
              .filter((line) => line.startsWith(`${table} `))
              .sort(byId)
              .at(-1) ?? '',
          )?.[1],
        );
      const fresh = await alice.post(`/rooms/${life.ids.room}/messages`, { content: 'another' }, 201);
      assert.ok(fresh.id > highest('messages'));
      const { file_id } = await alice.upload({ name: 'new.txt', content: 'new here' }, 201);
      assert.ok(file_id > life.ids.lastFile, 'the id of a file that is long gone');
      const once = await alice.post('/rooms', { name: 'Made once' }, 201, { 'idempotency-key': 'key-two' });
      assert.ok(
        contents.some((line) => line.startsWith('rooms ') && line.includes(`{"id":${once.id},"name":"Made once"`)),
      );
      await alice.post('/auth/refresh', { refresh_token: life.people.bob.refreshToken }, 200);
      await login(app, 'carol');
      await app.close();
    });

    it('delivers what was waiting, signed as before, and seals on behind what was sealed', async () => {
      receiver.answer = (_, response) => response.writeHead(204).end();
      const already = receiver.received.length;
      const app = await house.open({ DATABASE_URL: house.url });
      const later = await receiver.got(1, ({ told }) => told.data?.content === 'to be delivered later');
      assert.match(String(later[0]?.headers['webhook-signature']), /^v1,\S+ v1,\S+$/, 'both secrets sign');
      assert.ok(receiver.received.length > already);
      while ((await app.deps.db.reader.all(textOf('select 1 from webhook_replays'), [])).length > 0)
        await new Promise((resolve) => setTimeout(resolve, 10));
      await settled(app);
      await app.sealer.seal();
      const keys = await auditKeys(app.deps.db, app.deps.config);
      const verdict = await verifyAudit(app.deps.db.reader, keys, await readHeads(house.directory));
      assert.deepEqual([verdict.faults, verdict.waiting], [[], 0]);
      assert.ok(verdict.checked > contents.filter((line) => line.startsWith('audit_log ')).length);
      await app.close();
    });
  });

const byId = (one: string, other: string) => idOf(one) - idOf(other);
const idOf = (line: string) => Number(/"id":(\d+)/.exec(line)?.[1] ?? 0);
