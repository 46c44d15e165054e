import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { textOf } from '../src/db/statement.ts';
import { engines } from './engines.ts';
import { createTestApp } from './harness/app.ts';

for (const engine of engines)
  describe(`a standing that is taken away while its holder acts (${engine})`, async () => {
    const app = await createTestApp(engine);
    after(app.close);
    const { admin } = app;
    const bob = await app.register('bob');

    it('leaves nothing behind that was asked for while it was taken away', async () => {
      const fading = await app.registerAs('admin', 'fading');
      const hook = { url: 'https://hooks.invalid/x', events: ['*', 'direct_message_sent'] };
      for (let round = 0; round < 10; round++) {
        await admin.patch(`/admin/users/${fading.id}`, { role: 'admin' }, 200);
        const person = await app.login('fading');
        const asked = [
          ...Array.from({ length: 4 }, () => person.request('POST', '/webhooks', { body: hook })),
          person.request('PATCH', `/admin/users/${bob.id}`, { body: { role: 'moderator' } }),
        ];
        await admin.patch(`/admin/users/${fading.id}`, { role: 'user' }, 200);
        for (const { status } of await Promise.all(asked))
          assert.ok([200, 201, 401, 403].includes(status), `${status}`);
        const active = textOf(`select count(*) as n from webhooks where is_active = 1 and user_id = ${fading.id}`);
        assert.equal(Number((await app.deps.db.reader.all(active, []))[0]?.n), 0, `round ${round}`);
      }
      const made = `select e.id from events as e where e.actor_id = ${fading.id} and e.type in ('webhook_created', 'user_role_changed')
        and (select f.data from events as f where f.user_id = ${fading.id} and f.type = 'user_role_changed' and f.id < e.id
          order by f.id desc limit 1) not like '{"role":"admin"%'`;
      assert.deepEqual(await app.deps.db.reader.all(textOf(made), []), []);
      await admin.patch(`/admin/users/${bob.id}`, { role: 'user' }, 200);
    });

    it('leaves no room with who is suspended, however late he made it', async () => {
      const leaving = await app.register('leaving');
      for (let round = 0; round < 10; round++) {
        const person = await app.login('leaving');
        const flood = async (place: number) => {
          for (let at = 0; ; at++) {
            const body = { name: `Left ${round} ${place} ${at}` };
            const { status } = await person.request('POST', '/rooms', { body });
            if (status !== 201) return status;
          }
        };
        const floods = Array.from({ length: 12 }, (_, place) => flood(place));
        await sleep(50);
        await admin.patch(`/admin/users/${leaving.id}`, { suspended: true }, 200);
        assert.deepEqual([...new Set(await Promise.all(floods))], [401]);
        const owned = textOf(`select r.name from rooms as r inner join containers as c on c.id = r.id
          where r.owner_id = ${leaving.id} and c.visibility != 'deleted'`);
        assert.deepEqual(await app.deps.db.reader.all(owned, []), []);
        await admin.patch(`/admin/users/${leaving.id}`, { suspended: false }, 200);
      }
    });
  });
