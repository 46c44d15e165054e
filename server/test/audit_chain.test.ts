import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ownCtx } from '../src/context.ts';
import type { Reader, Row, Writer } from '../src/db/database.ts';
import { textOf } from '../src/db/statement.ts';
import { differences } from '../src/modules/admin/consistency.ts';
import { eraseFromAudit } from '../src/modules/audit/erase.ts';
import { forgetAudit } from '../src/modules/audit/forget.ts';
import { readHeads } from '../src/modules/audit/head_file.ts';
import { auditKeys } from '../src/modules/audit/keys.ts';
import { type SealKey, sealKeyOf } from '../src/modules/audit/seal.ts';
import { sealSlice, startSealer } from '../src/modules/audit/sealer.ts';
import { verifyAudit } from '../src/modules/audit/verify.ts';
import { engines } from './engines.ts';
import { createTestApp, type TestApp } from './harness/app.ts';
import { movableClock } from './harness/auth.ts';
import { draws } from './harness/draws.ts';
import { openTransaction } from './postgres_database.ts';

class Undo extends Error {}
const DAY = 86_400_000;

const unsealed = ({ deps }: TestApp) =>
  deps.db.reader.all(textOf('select id from audit_log where id not in (select audit_id from audit_seals)'), []);

/**
 * Seals all there is. PostgreSQL holds back what was written while any transaction of its cluster is open, those of other tests too, as
 * something might still be committed before it.
 */
async function sealAll(app: TestApp) {
  for (;;) {
    await app.sealer.seal();
    if ((await unsealed(app)).length === 0) return;
    await sleep(20);
  }
}

/** Something of everything that is audited, by several people. */
async function live(app: TestApp, name: string) {
  const [one, other] = [await app.register(`${name}_one`), await app.register(`${name}_other`)];
  const { id } = await one.post('/rooms', { name: `room of ${name}` }, 201);
  await other.post(`/rooms/${id}/join`, {}, 201);
  for (let n = 0; n < 6; n++) {
    const sent = await other.post(`/rooms/${id}/messages`, { content: `words ${n} of ${name}` }, 201);
    await one.post(`/messages/${sent.id}/pin`, {}, 200);
    await one.delete(`/messages/${sent.id}`, 204, { 'x-audit-log-reason': `reason ${n}` });
  }
  await one.put(`/rooms/${id}/bans/${other.id}`, { reason: 'enough' }, 200);
  return { one, other, room: id as number };
}

for (const engine of engines) {
  describe(`the chain over the audit log (${engine})`, async () => {
    const clock = movableClock();
    const long = { ACCESS_TOKEN_SECONDS: '86400', AUDIT_RETENTION_DAYS: '30' };
    const app = await createTestApp(engine, long, { now: clock.now });
    after(app.close);
    const { db, config } = app.deps;
    let keys: SealKey[] = [];
    let people: Awaited<ReturnType<typeof live>>;
    const verify = async () => verifyAudit(db.reader, keys, await readHeads(config.DATA_DIR));
    /** Within a transaction nothing but its database is waited for. */
    const verifyIn = (reader: Reader) => verifyAudit(reader, keys);
    const rows = (text: string): Promise<Row[]> => db.reader.all(textOf(text), []);
    const clean = async () => {
      const { faults, waiting, checked } = await verify();
      assert.deepEqual([faults, waiting], [[], 0]);
      return checked;
    };

    before(async () => {
      keys = await auditKeys(db, config);
      people = await live(app, 'first');
      await sealAll(app);
    });
    afterEach(async () => {
      assert.deepEqual((await verify()).faults, [], 'nothing of a test stays');
    });

    it('holds every row, in order, and its end is known outside the database', async () => {
      const count = await clean();
      assert.equal(count, (await rows('select id from audit_log')).length);
      const seals = await rows('select seq, audit_id from audit_seals order by seq');
      assert.deepEqual(
        seals.map(({ seq }) => seq),
        Array.from({ length: count }, (_, n) => n + 1),
      );
      const [file] = await readHeads(config.DATA_DIR);
      assert.equal(file?.mark?.seq, count);
      assert.ok(!JSON.stringify(await rows('select * from audit_seals')).includes('127.0.0.1'));
    });

    it('grows by what is written, by itself', async () => {
      const before = await clean();
      await app.login('first_one');
      for (;;) {
        const { checked, faults } = await verify();
        assert.deepEqual(faults, []);
        if (checked > before) break;
        await sleep(20);
      }
    });

    it('looks again for who asks while a look is under way', async () => {
      await sealAll(app);
      const looked = Promise.withResolvers<void>();
      const goOn = Promise.withResolvers<void>();
      const { reader } = db;
      let looks = 0;
      const slow: Reader = {
        ...reader,
        all: async (text, values) => {
          const found = await reader.all(text, values);
          if (/"audit_log"/.test(text.sql) && ++looks === 1) {
            looked.resolve();
            await goOn.promise;
          }
          return found;
        },
      };
      const other = startSealer({ ...app.deps, db: { ...db, reader: slow } });
      const first = other.seal();
      await looked.promise;
      await app.login('first_one');
      const second = other.seal();
      goOn.resolve();
      await Promise.all([first, second]);
      assert.ok(looks > 1, 'the second look');
      await other.stop();
    });

    if (engine === 'postgres')
      it('waits with what came while a transaction is open, as that may still be committed before it', async () => {
        await sealAll(app);
        const transaction = await openTransaction(app.deps.config.DATABASE_URL as string);
        try {
          await app.login('first_one');
          await app.sealer.seal();
          assert.equal((await unsealed(app)).length, 1);
          assert.deepEqual((await verify()).faults, []);
        } finally {
          await transaction.end();
        }
        await sealAll(app);
        await clean();
      });

    it('shows every one of 500 random alterations, insertions, deletions and truncations', async () => {
      await sealAll(app);
      const random = draws(Number(process.env.AUDIT_SEED ?? Date.now() % 2 ** 31));
      const heads = await readHeads(config.DATA_DIR);
      const missed: string[] = [];
      for (let n = 0; n < 500; n++) {
        let done = '';
        let found: readonly unknown[] = [];
        const damage = db.write('damage', async (writer) => {
          done = await harm(writer, random);
          found = (await verifyAudit(writer, keys, heads)).faults;
          throw new Undo();
        });
        await assert.rejects(damage, Undo, done);
        if (found.length === 0) missed.push(done);
      }
      assert.deepEqual(missed, [], `AUDIT_SEED=${random.seed}`);
      await clean();
    });

    it('names the row and what was done to it', async () => {
      const [row] = await rows(
        `select id, actor_id from audit_log where action = 'message_deleted' order by id limit 1`,
      );
      const what = async (text: string) => {
        let found: readonly unknown[] = [];
        const damage = db.write('damage', async (writer) => {
          await writer.run(textOf(text), []);
          found = (await verifyIn(writer)).faults;
          throw new Undo();
        });
        await assert.rejects(damage, Undo);
        return found;
      };
      const at = `where id = ${row?.id}`;
      const altered = 'was altered, or its seal or the one before it was';
      assert.deepEqual(await what(`update audit_log set actor_id = 4711 ${at}`), [{ row: row?.id, what: altered }]);
      assert.deepEqual(await what(`update audit_log set address = '10.0.0.1' ${at}`), [
        { row: row?.id, what: 'was altered: its address' },
      ]);
      assert.deepEqual(await what(`delete from audit_log ${at}`), [{ row: row?.id, what: 'was deleted' }]);
      assert.deepEqual(await what(`update audit_log set details = replace(details, 'words', 'swords') ${at}`), [
        { row: row?.id, what: 'was altered: its words' },
      ]);
      const [gap, ...rows3to5] = await what(`delete from audit_seals where seq between 3 and 5`);
      assert.deepEqual([gap, rows3to5.length], [{ row: undefined, what: 'seals 3 to 5 are missing' }, 3]);
    });

    it('is sealed whole or not at all, wherever a crash strikes', async () => {
      const key = keys[0] as SealKey;
      for (let strikes = 1; ; strikes++) {
        await app.login('first_one');
        let calls = 0;
        const dying = (writer: Writer): Writer => {
          const count = () => {
            if (++calls === strikes) throw new Undo();
          };
          return {
            ...writer,
            all: async (text, values) => {
              count();
              return writer.all(text, values);
            },
            run: async (text, values) => {
              count();
              return writer.run(text, values);
            },
          };
        };
        const died = await db
          .write('audit.seal', (writer) => sealSlice(dying(writer), key, clock.now()))
          .then(
            () => false,
            (error: unknown) => error instanceof Undo,
          );
        assert.deepEqual((await verify()).faults, []);
        await sealAll(app);
        await clean();
        if (!died) break;
        assert.ok(strikes < 100);
      }
    });

    it('is one chain when many seal at once', async () => {
      await Promise.all(Array.from({ length: 8 }, () => app.login('first_one')));
      const key = keys[0] as SealKey;
      const many = Array.from({ length: 6 }, () =>
        db.write('audit.seal', (writer) => sealSlice(writer, key, clock.now(), 3)),
      );
      await Promise.all(many);
      await sealAll(app);
      await clean();
    });

    it('holds when somebody is erased, and only the server can do that', async () => {
      const { one, other } = people;
      await sealAll(app);
      const about = `(actor_id = ${other.id} or user_id = ${other.id})`;
      const before = await rows(`select id, action, actor_id, user_id from audit_log where ${about} order by id`);
      assert.equal(await eraseFromAudit(ownCtx(app.deps, 'test'), other.id), before.length);
      const left = await rows(`select id, actor_id, details, address from audit_log where ${about} order by id`);
      assert.doesNotMatch(JSON.stringify(left.map(({ details }) => details)), /words|enough/);
      for (const { actor_id, address } of left) assert.equal(address === '', actor_id === other.id);
      assert.deepEqual(
        await rows(`select id, action, actor_id, user_id from audit_log where ${about} order by id`),
        before,
      );
      const { faults, erased } = await verify();
      assert.deepEqual(faults, []);
      assert.ok(erased > 0 && erased <= before.length);
      await eraseFromAudit(ownCtx(app.deps, 'test'), other.id);
      await clean();

      const forged = db.write('forged', async (writer) => {
        const of = `select id from audit_log where actor_id = ${one.id}`;
        await writer.run(textOf(`update audit_log set address = '' where actor_id = ${one.id}`), []);
        const mark = `address_salt = null, address_erased = 'forged'`;
        await writer.run(textOf(`update audit_seals set ${mark} where audit_id in (${of})`), []);
        assert.ok((await verifyIn(writer)).faults.length > 0);
        throw new Undo();
      });
      await assert.rejects(forged, Undo);
      // Of rows about somebody else nothing was taken.
      const others = await rows(`select address from audit_log where actor_id = ${one.id}`);
      assert.ok(others.every(({ address }) => address === '127.0.0.1'));
    });

    it('goes on from a checkpoint when its beginning is too old to be kept', async () => {
      await clean();
      const old = (await rows('select id from audit_log')).length;
      clock.advance(31 * DAY);
      await live(app, 'second');
      await sealAll(app);
      await forgetAudit(ownCtx(app.deps, 'test'));
      const kept = await rows('select created_at from audit_log');
      assert.ok(kept.length > 0);
      assert.ok(kept.every(({ created_at }) => (created_at as number) >= clock.now() - 30 * DAY));
      assert.equal(await clean(), kept.length);
      const [mark] = await rows(`select seq from audit_marks where name = 'checkpoint'`);
      assert.equal(mark?.seq, old);
      assert.deepEqual(await differences(db.reader), []);
      for (const forged of [`seq = seq + 1`, `mac = 'x'`, `at = 1`]) {
        const damage = db.write('damage', async (writer) => {
          await writer.run(textOf(`update audit_marks set ${forged} where name = 'checkpoint'`), []);
          assert.ok((await verifyIn(writer)).faults.length > 0, forged);
          throw new Undo();
        });
        await assert.rejects(damage, Undo);
      }
    });
  });

  describe(`what the audit log’s end is known by (${engine})`, async () => {
    const app = await createTestApp(engine);
    after(app.close);
    const { db, config } = app.deps;
    const head = join(config.DATA_DIR, 'audit-head.json');
    const verify = async () =>
      (await verifyAudit(db.reader, await auditKeys(db, config), await readHeads(config.DATA_DIR))).faults;

    it('shows that all of it was cut off, and goes on showing it after more was written', async () => {
      await live(app, 'lost');
      await sealAll(app);
      assert.deepEqual(await verify(), []);
      await db.write('truncate', async (writer) => {
        for (const table of ['audit_seals', 'audit_marks', 'audit_log'])
          await writer.run(textOf(`delete from ${table}`), []);
        // Its events as well, so that only the file is left to tell.
        const sessions = `delete from events where type not in ('message_sent', 'conversation_created', 'read_mark_moved')`;
        await writer.run(textOf(sessions), []);
        await writer.run(textOf('update room_hours set joins = 0'), []);
      });
      const cutOff = /its end was cut off/;
      assert.match(JSON.stringify(await verify()), cutOff);
      await app.login('lost_one');
      await sealAll(app);
      assert.match(JSON.stringify(await verify()), cutOff);
      const kept = readdirSync(config.DATA_DIR).filter((name) => name.includes('.lost-'));
      assert.equal(kept.length, 1);
      rmSync(join(config.DATA_DIR, kept[0] as string));
      assert.deepEqual(await verify(), []);
    });

    it('says so when the file itself was altered, and does without one that is not there', async () => {
      await sealAll(app);
      const text = readFileSync(head, 'utf8');
      for (const other of ['', '{}', 'null', '[1]', text.replace(/"seq":\d+/, '"seq":77'), text.slice(0, 40)]) {
        writeFileSync(head, other);
        assert.match(JSON.stringify(await verify()), /audit-head\.json was altered/, other);
      }
      rmSync(head);
      assert.deepEqual(await verify(), []);
      writeFileSync(head, text);
      assert.ok(existsSync(head));
    });

    it('follows a key that is given later, and does not go back to the one that the database holds', async () => {
      const secret = 'a secret that was given later, in the environment';
      const given = sealKeyOf(new TextEncoder().encode(secret));
      const [former] = (await auditKeys(db, config)) as [SealKey];
      const keys = await auditKeys(db, { ...config, SECRET_KEY: secret });
      assert.deepEqual(
        keys.map(({ id }) => id),
        [given.id, former.id],
      );
      await app.login('lost_one');
      const change = db.write('change', async (writer) => {
        await sealSlice(writer, given, Date.now());
        assert.deepEqual((await verifyAudit(writer, keys)).faults, []);
        const [last] = await writer.all(textOf('select key_id from audit_seals order by seq desc limit 1'), []);
        // Another sealer was quicker on PostgreSQL, or there was nothing: then there is nothing to go back from.
        if (last?.key_id !== given.id) throw new Undo();
        assert.ok((await verifyAudit(writer, [former])).faults.length > 0);
        throw new Undo();
      });
      await assert.rejects(change, Undo);
    });

    it('is moved by the last seal of a server that stops', async () => {
      const other = startSealer(app.deps);
      await app.login('lost_one');
      await other.stop();
      assert.deepEqual(await verify(), []);
    });
  });
}

/** Does one thing to the log that nobody may do; says what. */
async function harm(db: Writer, random: ReturnType<typeof draws>): Promise<string> {
  const ids = (await db.all(textOf('select seq, audit_id from audit_seals order by seq'), [])) as {
    seq: number;
    audit_id: number;
  }[];
  const { seq, audit_id } = random.pick(ids);
  const run = async (sql: string) => {
    const changed = await db.run(textOf(sql), []);
    assert.ok(changed > 0, sql);
    return sql;
  };
  const row = (set: string) => run(`update audit_log set ${set} where id = ${audit_id}`);
  const seal = (set: string) => run(`update audit_seals set ${set} where seq = ${seq}`);
  const columns = 'event_id, container_id, action, user_id, actor_id, details, address, created_at';
  const last = ids.at(-1)?.audit_id as number;
  const harms: readonly (() => Promise<string>)[] = [
    () => row(`actor_id = actor_id + 1`),
    () => row(`user_id = coalesce(user_id, 0) + 1`),
    () => row(`container_id = coalesce(container_id, 0) + 1`),
    () => row(`event_id = event_id + 1`),
    () => row(`created_at = created_at - ${1 + random.below(1_000)}`),
    () => row(`action = action || 'x'`),
    () => row(`action = case action when 'user_left' then 'user_joined' else 'user_left' end`),
    () => row(`address = address || '1'`),
    () => row(`address = case address when '' then 'x' else '' end`),
    () => row(`details = replace(details, '{', '{"more":${random.below(99)},')`),
    () => row(`details = '{"none":null}'`),
    () => row(`details = '{"note":"x"}'`),
    () => row(`details = details || ' '`),
    () => row(`details = 'nonsense'`),
    () => row(`id = ${last + 100_000}`),
    () => seal(`mac = 'x' || mac`),
    () => seal(`mac = (select mac from audit_seals where seq = ${seq === 1 ? 2 : 1})`),
    () => seal(`address_salt = 'x'`),
    () => seal(`words_salt = 'x'`),
    () => seal(`address_digest = 'x'`),
    () => seal(`words_digest = words_digest || 'x'`),
    () => seal(`address_erased = 'x'`),
    () => seal(`words_erased = 'x'`),
    () => seal(`key_id = 'x'`),
    () => seal(`seq = seq + 100000`),
    () => run(`delete from audit_log where id = ${audit_id}`),
    () => run(`delete from audit_seals where seq = ${seq}`),
    async () => {
      await run(`delete from audit_log where id = ${audit_id}`);
      return run(`delete from audit_seals where seq = ${seq}`);
    },
    // The end cut off, with and without what would tell.
    () => run(`delete from audit_seals where seq >= ${seq}`),
    async () => {
      await run(`delete from audit_log where id in (select audit_id from audit_seals where seq >= ${seq})`);
      return run(`delete from audit_seals where seq >= ${seq}`);
    },
    async () => {
      await run(`delete from audit_log where id in (select audit_id from audit_seals where seq >= ${seq})`);
      await run(`delete from audit_seals where seq >= ${seq}`);
      return run(`update audit_marks set seq = ${seq - 1} where name = 'head'`);
    },
    () => run(`delete from audit_marks where name = 'head'`),
    () => run(`update audit_marks set mac = 'x' where name = 'head'`),
    () => run(`update audit_marks set signature = 'x' where name = 'head'`),
    // A row put among those that are sealed, with and without a seal of its own.
    async () => {
      const gap = db.dialect === 'sqlite' ? ['', ''] : [', xid', ', xid'];
      const id = -1 - random.below(1_000);
      return run(
        `insert into audit_log (id, ${columns}${gap[0]}) select ${id}, ${columns}${gap[1]} from audit_log where id = ${audit_id}`,
      );
    },
    async () => {
      const id = -1 - random.below(1_000);
      await run(
        `insert into audit_log (id, ${columns}) select ${id}, ${columns} from audit_log where id = ${audit_id}`,
      );
      const values = `key_id, address_digest, words_digest, mac`;
      return run(
        `insert into audit_seals (seq, audit_id, ${values}) select max(seq) + 1, ${id}, 'x', '', '', 'x' from audit_seals`,
      );
    },
    // Two rows that change places.
    async () => {
      const other = random.pick(ids.filter((each) => each.seq !== seq));
      await run(`update audit_seals set audit_id = -1 where seq = ${seq}`);
      await run(`update audit_seals set audit_id = ${audit_id} where seq = ${other.seq}`);
      return run(`update audit_seals set audit_id = ${other.audit_id} where seq = ${seq}`);
    },
  ];
  return random.pick(harms)();
}
