import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { engines } from '../engines.ts';
import { startServer } from '../harness/server_process.ts';
import { createPostgresDatabase } from '../postgres_database.ts';
import { connectTo, type HttpReply } from './http_client.ts';
import { ready, settings } from './world.ts';

/** Longer than what acts at once may take on another node, and than a process is taken for alive. */
const PAUSES_MS = [1_500, 7_000];

for (const engine of engines.filter((one) => one === 'postgres'))
  describe(`a process that is held up, as on a machine that is suspended (${engine})`, () => {
    it('lets in nobody who was put out meanwhile, from the first request on', async (t) => {
      const database = await createPostgresDatabase();
      const directory = mkdtempSync(join(tmpdir(), 'veza-paused-'));
      const variables = { ...settings, DATA_DIR: directory };
      const nodes = [1, 2].map(() => startServer({ directory, variables, databaseUrl: database.url }));
      const [here, there] = (await Promise.all(nodes.map(ready))).map(connectTo);
      const second = nodes[1]?.pid;
      assert.ok(here && there && second);
      t.after(async () => {
        for (const node of nodes) await node.end('SIGKILL');
        here.close();
        there.close();
        await database.drop();
        rmSync(directory, { recursive: true });
      });
      const credentials = { username: 'admin', password: settings.ADMIN_PASSWORD };
      const admin = (await here.call('POST', '/auth/login', undefined, credentials)).data.access_token;
      for (const [n, ms] of PAUSES_MS.entries()) {
        const body = { username: `eve${n}`, email: `eve${n}@example.com`, password: 'long enough to be one' };
        const { user, access_token } = (await here.call('POST', '/auth/register', undefined, body)).data;
        const send = (): Promise<HttpReply> =>
          there.call('POST', '/rooms/1/messages', access_token, { content: 'still here' });
        assert.equal((await send()).status, 201);
        process.kill(second, 'SIGSTOP');
        const suspended = await here.call('PATCH', `/admin/users/${user.id}`, admin, { suspended: true });
        assert.equal(suspended.status, 200);
        await sleep(ms);
        // They wait before it, and are the first that it sees.
        const waiting = [send(), send(), send()];
        await sleep(100);
        process.kill(second, 'SIGCONT');
        assert.deepEqual(
          (await Promise.all(waiting)).map(({ status }) => status),
          [401, 401, 401],
          `after ${ms} ms`,
        );
      }
    });
  });
