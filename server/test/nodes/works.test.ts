import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { textOf } from '../../src/db/statement.ts';
import { chosenFor, works } from '../../src/nodes/works.ts';
import type { TestApp } from '../harness/app.ts';
import { openTown, type Town, ways } from './town.ts';

/** "Within seconds": a process that says nothing for so long is gone, and the others look every second and a half. */
const TAKEN_OVER_MS = 10_000;

for (const way of ways.slice(0, 1))
  describe('work that is done once', () => {
    let town: Town;
    before(async () => {
      town = await openTown(way, 3);
    });
    after(() => town.close());

    const ownersOf = (work: (typeof works)[number]): TestApp[] =>
      town.apps.filter(({ deps }) => deps.nodes.register.owns(work));
    async function untilShared(): Promise<number> {
      const begun = performance.now();
      while (!works.every((work) => ownersOf(work).length === 1)) {
        for (const work of works) assert.ok(ownersOf(work).length <= 1, `${work} has two`);
        assert.ok(performance.now() - begun < 2 * TAKEN_OVER_MS, 'it is not taken over');
        await sleep(20);
      }
      return performance.now() - begun;
    }
    const said = (sql: string) => (town.apps[0] as TestApp).deps.db.write('test', (db) => db.run(textOf(sql), []));

    test('each piece has one owner, and never two; all know how many they are', async () => {
      await untilShared();
      while (town.apps.some(({ deps }) => deps.nodes.register.size !== 3)) await sleep(20);
    });

    test('who comes gets a share, and who ends gives his back at once', async () => {
      const fourth = await town.open();
      // A share only as it falls: what is chosen for whom, the ids say.
      const ids = town.apps.map(({ deps }) => deps.nodes.id);
      const wanted = new Map(works.map((work) => [work, chosenFor(work, ids)]));
      const isShared = () =>
        works.every((work) => ownersOf(work).length === 1 && ownersOf(work)[0]?.deps.nodes.id === wanted.get(work));
      while (!isShared()) {
        for (const work of works) assert.ok(ownersOf(work).length <= 1, `${work} has two`);
        await sleep(20);
      }
      town.apps.pop();
      await fourth.close();
      await untilShared();
    });

    test('what a dead process had is taken over: its share, and the deliveries it was making', async (t) => {
      const [app] = town.apps as [TestApp];
      const now = Date.now();
      await said(`insert into nodes (id, version, started_at, seen_at) values ('dead', '0', ${now}, ${now})`);
      await said(`update leases set node_id = 'dead'`);
      await said(`insert into deliveries (webhook_id, message_id, event, status, attempts, step, due_at, claimed_by, created_at)
        values (1, 'evt_x', 'message_sent', 'pending', 0, 0, ${now + 3_600_000}, 'dead', ${now})`);
      const begun = performance.now();
      // As long as it may live, nobody takes its place.
      while (works.some((work) => ownersOf(work).length > 0)) await sleep(10);
      await untilShared();
      t.diagnostic(`taken over after ${Math.round(performance.now() - begun)} ms`);
      const open = textOf('select claimed_by, due_at from deliveries');
      const [row] = await app.deps.db.reader.all(open, []);
      assert.equal(row?.claimed_by, null);
      assert.ok(Number(row?.due_at) <= Date.now());
      assert.deepEqual(await app.deps.db.reader.all(textOf(`select id from nodes where id = 'dead'`), []), []);
    });

    test('the audit log is sealed by one of them, whoever writes', async () => {
      const [one, two] = town.apps as [TestApp, TestApp];
      for (const app of [one, two]) await app.admin.post('/rooms', { name: 'sealed' }, 201);
      const unsealed = textOf(`select count(*) as n from audit_log where id not in (select audit_id from audit_seals)`);
      for (let tries = 0; ; tries++) {
        const [row] = await one.deps.db.reader.all(unsealed, []);
        if (Number(row?.n) === 0) return;
        assert.ok(tries < 200, 'it is not sealed');
        await sleep(50);
      }
    });
  });

describe('who is chosen', () => {
  const ids = Array.from({ length: 40 }, (_, n) => `node-${n}`);

  test('is the same for all who ask, in whatever order they know of the others', () => {
    for (const work of works) assert.equal(chosenFor(work, ids), chosenFor(work, [...ids].reverse()));
    assert.equal(chosenFor('seal', []), undefined);
  });

  test('stays, when somebody else comes or goes', () => {
    for (const work of works) {
      const chosen = chosenFor(work, ids) as string;
      for (const gone of ids.filter((id) => id !== chosen)) {
        const left = ids.filter((id) => id !== gone);
        assert.equal(chosenFor(work, left), chosen);
      }
    }
  });
});
