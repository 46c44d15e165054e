import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { App } from '../../src/app.ts';
import { ownCtx } from '../../src/context.ts';
import { migrate, migrations } from '../../src/db/migrations/migrate.ts';
import type { Migration } from '../../src/db/migrations/migration.ts';
import { openPostgres } from '../../src/db/postgres.ts';
import { readHeads } from '../../src/modules/audit/head_file.ts';
import { auditKeys } from '../../src/modules/audit/keys.ts';
import { verifyAudit } from '../../src/modules/audit/verify.ts';
import { forgetEvents } from '../../src/modules/events/forget.ts';
import { appendMessages } from '../../src/modules/messages/append.ts';
import { createMessageFragments } from '../../src/modules/messages/fragments.ts';
import { olderKeys } from '../../src/modules/messages/page_store.ts';
import { purgeRooms } from '../../src/modules/rooms/purge.ts';
import { forgetDeliveries } from '../../src/modules/webhooks/forget.ts';
import { engines } from '../engines.ts';
import type { TestApp } from '../harness/app.ts';
import { type Person, person } from '../harness/people.ts';
import { settled } from '../harness/settled.ts';
import { openMovingHouse } from '../migrate/house.ts';
import { type Life, live, login, type Name } from '../migrate/life.ts';
import { seenBy } from '../migrate/seen.ts';
import { createPostgresDatabase } from '../postgres_database.ts';
import { connect, listen, logged } from '../realtime/socket.ts';
import { startReceiver } from '../webhooks/receiver.ts';
import { guide, lookedInto, onDatabase } from './partitioned.ts';

const DAY_MS = 86_400_000;
const byRoom = ['mentions', 'message_revisions', 'messages', 'reactions'];
const byTime = ['audit_log', 'deliveries', 'events'];
const partitionsOf = `select p.relname as name, count(*)::int as n from pg_inherits as i join pg_class as p on p.oid = i.inhparent
  where p.relkind = 'p' and p.relnamespace = 'public'::regnamespace group by 1 order by 1`;
for (const engine of engines.filter((engine) => engine === 'postgres'))
  describe(`a server whose large tables are partitioned (${engine})`, async () => {
    const house = await openMovingHouse();
    const receiver = await startReceiver();
    after(house.close);
    after(receiver.close);
    const { url } = house;

    const open = (variables = {}) => house.open({ DATABASE_URL: url, ...variables });
    const sql = (text: string) => onDatabase(url, text);
    let life: Life;
    let seen: Map<string, string>;
    let rows: string[];
    const as = (app: App, name: Name) =>
      person(app, { access_token: life.people[name].token, user: life.people[name] });

    before(async () => {
      life = await live({ ...house, open }, receiver);
      // On a copy: what an admin reads of private rooms is written down too.
      const copy = await createPostgresDatabase(new URL(url).pathname.slice(1));
      const directory = mkdtempSync(join(tmpdir(), 'veza-copy-'));
      cpSync(house.directory, directory, { recursive: true });
      const app = await open({ WEBHOOK_DELIVERY: 'off', DATABASE_URL: copy.url, DATA_DIR: directory });
      seen = await seenBy(app, life);
      await app.close();
      await copy.drop();
      rmSync(directory, { recursive: true });
      rows = await house.contents('other');
      // As a version before wrote them.
      await sql(`update reactions set container_id = null; update message_revisions set container_id = null`);
      for (const block of [guide.byRoom, guide.dropBefore, guide.byTime]) await sql(block);
    });

    it('has every row it had, in partitions', async () => {
      assert.deepEqual(await house.contents('other'), rows);
      assert.deepEqual(
        (await sql(partitionsOf)).filter(({ name }) => !String(name).includes('_by_')),
        [...byRoom.map((name) => ({ name, n: 16 })), ...byTime.map((name) => ({ name, n: 2 }))].sort((a, b) =>
          a.name < b.name ? -1 : 1,
        ),
      );
      const used = await sql('select count(distinct tableoid)::int as n from messages');
      assert.ok(Number(used[0]?.n) > 1, 'rooms are in several');
    });

    it('answers everybody as before', async () => {
      const app = await open({ WEBHOOK_DELIVERY: 'off' });
      const now = await seenBy(app, life);
      for (const [what, answer] of seen) assert.equal(now.get(what), answer, what);
      await allIsWell(app);
      await app.close();
    });

    /** Later than their tokens were good for. */
    async function signInAgain(app: App): Promise<void> {
      const again = await Promise.all((['admin', 'alice', 'bob', 'carol'] as const).map((name) => login(app, name)));
      life = { ...life, people: { ...life.people, ...Object.fromEntries(again.map((one) => [one.username, one])) } };
    }

    /** Every number is what counting gives, and nobody altered the audit log. */
    async function allIsWell(app: App): Promise<void> {
      await settled(app);
      const { ok, differences } = await as(app, 'admin').get('/admin/consistency', 200);
      assert.deepEqual([ok, differences], [true, []]);
      await app.sealer.seal();
      const keys = await auditKeys(app.deps.db, app.deps.config);
      const { faults, waiting } = await verifyAudit(app.deps.db.reader, keys, await readHeads(house.directory));
      assert.deepEqual([faults, waiting], [[], 0]);
    }

    /** Everything that is done to messages, in a new room; ends in the id of its root. */
    async function talk(app: App): Promise<{ room: number; root: number }> {
      const [alice, bob] = [as(app, 'alice'), as(app, 'bob')];
      const room = (await alice.post('/rooms', { name: `Room ${randomUUID()}` }, 201)).id as number;
      await bob.post(`/rooms/${room}/join`, {}, 201);
      const say = async (who: Person, content: string, more = {}) =>
        (await who.post(`/rooms/${room}/messages`, { content, ...more }, 201)).id as number;
      const root = await say(alice, 'a root for @carol', { metadata: { client_id: 'one' } });
      const reply = await say(bob, 'a reply', { parent_message_id: root });
      await say(alice, 'one more', { parent_message_id: reply });
      await alice.put(`/messages/${root}`, { content: 'an edited root for @carol' }, 200);
      for (const who of [alice, bob]) await who.post(`/messages/${root}/reactions`, { emoji: '👍' }, 201);
      await bob.post(`/messages/${root}/reactions`, { emoji: '👍' }, 200);
      await bob.delete(`/messages/${root}/reactions/${encodeURIComponent('👍')}`, 204);
      await alice.post(`/messages/${root}/pin`, {}, 200);
      await alice.delete(`/messages/${await say(alice, 'gone soon')}`, 204);
      const { file_id } = await bob.upload({ name: 'a.txt', content: `of room ${room}` }, 201);
      await say(bob, 'with a file', { file_ids: [file_id] });
      await bob.post(`/rooms/${room}/read`, { message_id: reply }, 200);
      const thread = await bob.get(`/messages/${root}/thread`, 200);
      assert.deepEqual([thread.messages.length, thread.total], [2, 2]);
      assert.equal((await bob.get(`/messages/${root}/history`, 200)).revisions.length, 2);
      const page = await bob.get(`/rooms/${room}/messages?limit=50`, 200);
      assert.equal(page.messages.length, 2);
      assert.equal((await bob.get(`/messages/${root}`, 200)).reactions['👍'].count, 1);
      assert.equal((await as(app, 'carol').get('/users/me/mentions', 200)).messages[0].id, root);
      return { room, root };
    }

    it('goes on: messages, webhooks, sockets that resume, and lists of events', async () => {
      receiver.answer = (_, response) => response.writeHead(204).end();
      const app = await open();
      const bob = as(app, 'bob');
      const begun = (await bob.get('/events?after=0&limit=1', 200)).next_cursor as string;
      const target = await listen(app as TestApp);
      const client = await connect(target, bob);
      const { room, root } = await talk(app);
      const sent = await as(app, 'alice').post(`/rooms/${life.ids.room}/messages`, { content: 'to a webhook' }, 201);
      await client.next('room_message', ({ id }) => id === sent.id);
      await receiver.got(1, ({ told }) => told.data?.content === 'to a webhook');
      const heard = logged(client).length;
      await client.close();
      const resumed = await connect(target, bob, begun);
      await resumed.next('resumed');
      assert.ok(logged(resumed).length >= heard, `${logged(resumed).length} of ${heard}`);
      assert.ok(logged(resumed).some(({ data }) => data.id === root));
      await resumed.close();
      await as(app, 'alice').delete(`/rooms/${room}`, 204);
      await purgeRooms(ownCtx(app.deps, 'test'), new AbortController().signal);
      for (const table of byRoom)
        assert.deepEqual(await sql(`select 1 from ${table} where container_id = ${room}`), [], table);
      await allIsWell(app);
      await app.close();
    });

    it('looks into one partition of messages for a page, and for a send', async () => {
      const app = await open({ WEBHOOK_DELIVERY: 'off' });
      const alice = as(app, 'alice');
      const { room: containerId, root: replyToId } = await talk(app);
      const messagesIn = (names: Set<string>) => [...names].filter((name) => /^messages(_\d+)?$/.test(name));
      const own = await sql(`select tableoid::regclass::text as name from messages where id = ${replyToId}`);
      const partition = String(own[0]?.name).replace('parts.', '');
      const page = await lookedInto(app.deps.db, async (db) => {
        const edge = { container_id: containerId, id: Number.MAX_SAFE_INTEGER, limit: 51 };
        const keys = await olderKeys(db, { withReplies: true, pinnedOnly: false }, edge);
        assert.equal((await createMessageFragments().render(db, alice.id, keys)).length, 4);
      });
      assert.deepEqual(messagesIn(page), [partition]);
      const actor = {
        ...(await ownCtx(app.deps, 'test')).actor,
        userId: alice.id,
        username: 'alice',
        role: 'user' as const,
      };
      const input = { actor, address: '127.0.0.1', traceparent: null, now: house.clock.now(), kind: 'room' as const };
      const words = {
        containerId,
        uuid: randomUUID(),
        content: 'hello @carol',
        replyToId,
        metadata: '{}',
        fileIds: [],
      };
      const send = await lookedInto(app.deps.db, async (db) => {
        const [verdict] = await appendMessages(db, [{ ...input, ...words, clientId: 'two', payloadHash: 'x' }]);
        assert.ok(verdict && 'message' in verdict, JSON.stringify(verdict));
      });
      // The table itself is what rows are put into.
      assert.deepEqual(messagesIn(send).sort(), ['messages', partition].sort());
      await app.close();
    });

    it('takes the indexes of a next version while others write, a partition at a time', async () => {
      const next: Migration = {
        id: (migrations.at(-1)?.id ?? 0) + 1,
        name: 'next',
        sql: () => ['alter table messages add column language text'],
        indexes: () => ['create index if not exists messages_by_language on messages (container_id, language)'],
      };
      const db = openPostgres({ url });
      for (let twice = 0; twice < 2; twice++) await migrate(db, Date.now(), [...migrations, next]);
      await db.close();
      const whole = `select indisvalid as valid, (select count(*)::int from pg_inherits where inhparent = indexrelid) as parts
        from pg_index where indexrelid = 'messages_by_language'::regclass`;
      assert.deepEqual(await sql(whole), [{ valid: true, parts: 16 }]);
      await sql(`alter table messages drop column language; delete from schema_migrations where name = 'next'`);
    });

    it('fills the next partitions, made before they are needed, and drops the oldest', async () => {
      await sql(guide.next);
      assert.deepEqual(await sql(`select to_regclass('parts.events_to_20000000') is null as missing`), [
        { missing: false },
      ]);
      const before = await open({ WEBHOOK_DELIVERY: 'off' });
      const old = (await as(before, 'alice').get('/events?after=0&limit=10', 200)).next_cursor as string;
      await before.close();
      for (const table of byTime) await sql(`select setval(pg_get_serial_sequence('${table}', 'id'), 10000000, true)`);
      await sql(guide.next);
      house.clock.advance(8 * DAY_MS);
      const app = await open();
      await signInAgain(app);
      await talk(app);
      await as(app, 'alice').post(`/rooms/${life.ids.room}/messages`, { content: 'of a later time' }, 201);
      await receiver.got(1, ({ told }) => told.data?.content === 'of a later time');
      for (const table of byTime) {
        const [{ n } = {}] = await sql(`select count(*)::int as n from parts.${table}_to_20000000`);
        assert.ok(Number(n) > 0, table);
        assert.deepEqual(await sql(`select 1 from parts.${table}_default`), [], table);
      }
      await allIsWell(app);
      await sql(guide.dropOld);
      assert.deepEqual(await sql(`select to_regclass('parts.events_to_10000000') is null as gone`), [{ gone: true }]);
      const refused = await as(app, 'alice').get(`/events?after=${old}`, 410);
      assert.equal(refused.code, 'CURSOR_EXPIRED');
      const client = await connect(await listen(app as TestApp), as(app, 'alice'), old);
      assert.equal((await client.next('resume_failed')).reason, 'expired');
      await client.close();
      assert.ok((await as(app, 'alice').get(`/events?after=${refused.details.oldest}`, 200)).events.length > 0);
      await forgetEvents(ownCtx(app.deps, 'test'));
      await forgetDeliveries(ownCtx(app.deps, 'test'));
      await allIsWell(app);
      await app.close();
    });

    it('refuses to drop what is not old', async () => {
      await sql(`update events set created_at = (extract(epoch from now()) * 1000)::bigint`);
      const again = guide.dropOld.replace('events_to_10000000', 'events_to_20000000');
      await assert.rejects(sql(again), /there are younger events in parts.events_to_20000000/);
      assert.ok((await sql('select 1 from events limit 1')).length > 0);
    });
  });
