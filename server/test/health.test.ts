import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { engines } from './engines.ts';
import { createTestApp } from './harness/app.ts';

for (const engine of engines) {
  describe(`health (${engine})`, async () => {
    const app = await createTestApp(engine);
    after(app.close);
    const ask = async (path: string, headers = {}) => {
      const { status, text } = await app.stranger.request('GET', path, { headers });
      return { status, body: JSON.parse(text) };
    };

    it('is told to everybody, outside the envelope', async () => {
      const { status, body } = await ask('/health');
      assert.equal(status, 200);
      assert.deepEqual(Object.keys(body), ['status', 'version', 'uptime_seconds']);
      assert.match(body.version, /^\d+\.\d+\.\d+/);
      assert.deepEqual(await ask('/healthz'), { status: 200, body: { status: 'ok' } });
      assert.deepEqual(await ask('/readyz'), { status: 200, body: { status: 'ready', degraded: [] } });
    });

    it('goes with a description of everything there is', async () => {
      const { status, body } = await ask('/openapi.json');
      assert.deepEqual([status, body.openapi], [200, '3.1.0']);
      assert.ok(body.paths['/api/v1/rooms'].get);
      const sockets = await ask('/asyncapi.json');
      assert.deepEqual([sockets.status, sockets.body.asyncapi], [200, '3.0.0']);
      assert.ok(sockets.body.operations.sendMessage);
    });

    it('does not look at tokens', async () => {
      for (const path of ['/health', '/healthz', '/readyz'])
        assert.equal((await ask(path, { authorization: 'Bearer garbage' })).status, 200);
    });
  });
}
