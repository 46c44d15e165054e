import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { engines } from './engines.ts';
import { createTestApp, type TestApp } from './harness/app.ts';
import { parseMetrics, seriesOf } from './metrics_text.ts';

async function appWith(variables: Record<string, string>): Promise<TestApp> {
  const app = await createTestApp('sqlite', variables);
  after(app.close);
  return app;
}

/** The status that somebody at this address gets. */
async function statusAt(app: TestApp, remoteAddress: string, headers: Record<string, string> = {}): Promise<number> {
  return (await app.server.inject({ url: '/metrics', remoteAddress, headers })).statusCode;
}

const FAR = '203.0.113.9';

describe('who may read the metrics', async () => {
  it('without a token: whoever is on this machine or in a private network', async () => {
    const app = await appWith({});
    for (const near of ['127.0.0.1', '10.1.2.3', '192.168.7.7', '172.20.0.4', '::1', '::ffff:10.1.2.3', 'fd12::1'])
      assert.equal(await statusAt(app, near), 200, near);
    for (const far of [FAR, '8.8.8.8', '100.64.0.1', '2001:db8::1', '::ffff:8.8.8.8'])
      assert.equal(await statusAt(app, far), 401, far);
  });

  it('not who comes through a proxy that nobody has named: everybody would seem to be near', async () => {
    const app = await appWith({});
    const marks = ['X-Forwarded-For', 'X-Forwarded-Proto', 'X-Forwarded-Host', 'Forwarded', 'X-Real-IP', 'Via'];
    for (const mark of [...marks, 'CF-Connecting-IP', 'True-Client-IP', 'X-Client-IP'])
      assert.equal(await statusAt(app, '127.0.0.1', { [mark]: '10.1.2.3' }), 401, mark);
  });

  it('through a proxy that is known it is the client who counts', async () => {
    const app = await appWith({ TRUSTED_PROXIES: '127.0.0.1' });
    const through = (address: string) => statusAt(app, '127.0.0.1', { 'x-forwarded-for': address, via: '1.1 proxy' });
    assert.equal(await through('10.1.2.3'), 200);
    assert.equal(await through(FAR), 401);
    assert.equal(await through(`10.1.2.3, ${FAR}`), 401);
    assert.equal(await through('127.0.0.1'), 401);
  });

  it('with a token: whoever has it, wherever he is, and nobody else', async () => {
    const token = 'a-token_of.some+length';
    const app = await appWith({ METRICS_TOKEN: token });
    assert.equal(await statusAt(app, FAR, { authorization: `Bearer ${token}` }), 200);
    assert.equal(await statusAt(app, FAR, { authorization: `bearer ${token}` }), 200);
    const others = ['', 'Bearer', `Bearer ${token}x`, `Bearer ${token.slice(1)}`, `Basic ${token}`, token];
    for (const authorization of [...others, `Bearer ${app.admin.token}`])
      assert.equal(await statusAt(app, '127.0.0.1', { authorization }), 401, authorization);
    const refused = await app.stranger.request('GET', '/metrics');
    assert.deepEqual([refused.error.code, refused.headers['www-authenticate']], ['INVALID_TOKEN', 'Bearer']);
  });

  it('nobody, where there are none', async () => {
    const app = await appWith({ METRICS: 'off', METRICS_TOKEN: 'a-token_of.some+length' });
    const { status, error } = await app.admin.request('GET', '/metrics');
    assert.deepEqual([status, error.code], [404, 'NOT_FOUND']);
  });
});

for (const engine of engines) {
  describe(`metrics over a real port (${engine})`, async () => {
    const app = await createTestApp(engine);
    after(app.close);
    await app.server.listen({ host: '127.0.0.1', port: 0 });
    const { port } = app.server.server.address() as { port: number };
    const read = async () => {
      const response = await fetch(`http://127.0.0.1:${port}/metrics`);
      assert.deepEqual([response.status, response.headers.get('content-encoding')], [200, 'gzip']);
      return seriesOf(parseMetrics(await response.text()));
    };

    it('knows who is connected, and what was no request', async () => {
      assert.equal((await read()).get('veza_http_connections{}'), 1);
      const socket = connect({ host: '127.0.0.1', port });
      socket.end('nonsense\r\n\r\n');
      socket.resume();
      await once(socket, 'close');
      const series = await read();
      assert.equal(series.get('veza_http_requests_total{method="other",route="malformed",status="400"}'), 1);
      assert.equal(series.get('veza_http_requests_total{method="GET",route="/metrics",status="200"}'), 1);
    });

    it('knows that the loop was held up', async () => {
      const above = (series: Map<string, number>) =>
        (series.get('veza_event_loop_delay_seconds_count{}') ?? 0) -
        (series.get('veza_event_loop_delay_seconds_bucket{le="0.1"}') ?? 0);
      const before = above(await read());
      const until = performance.now() + 300;
      while (performance.now() < until);
      await sleep(50);
      assert.ok(above(await read()) > before);
    });
  });
}
