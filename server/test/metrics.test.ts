import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, describe, it, test } from 'node:test';
import { metricsDocument } from '../src/generate/metrics.ts';
import { metricCatalogue } from '../src/metrics/catalogue.ts';
import { version } from '../src/version.ts';
import { engines } from './engines.ts';
import { createTestApp, type TestApp } from './harness/app.ts';
import { movableClock } from './harness/auth.ts';
import { type Family, parseMetrics, seriesOf } from './metrics_text.ts';
import { settledDelivery, startReceiver, toThisMachine } from './webhooks/receiver.ts';

async function scrape({ stranger }: TestApp): Promise<Map<string, Family>> {
  const { status, text } = await stranger.request('GET', '/metrics');
  assert.equal(status, 200);
  return parseMetrics(text);
}

/** By how much each series that begins so has grown meanwhile. */
async function growth(app: TestApp, begins: string, act: () => Promise<unknown>): Promise<Record<string, number>> {
  const before = seriesOf(await scrape(app));
  await act();
  const later = [...seriesOf(await scrape(app))].filter(([series]) => series.startsWith(begins));
  const grown = later.map(
    ([series, value]) => [series.slice(begins.length), value - (before.get(series) ?? 0)] as const,
  );
  return Object.fromEntries(grown.filter(([, by]) => by !== 0));
}

const requests = 'veza_http_requests_total';
const answered = (method: string, route: string, status: number) =>
  `{method="${method}",route="${route}",status="${status}"}`;
/** The scrape before, which is counted once it is answered. */
const itself = { [answered('GET', '/metrics', 200)]: 1 };

for (const engine of engines) {
  describe(`metrics (${engine})`, async () => {
    const clock = movableClock();
    const app = await createTestApp(engine, toThisMachine, { now: clock.now });
    const receiver = await startReceiver();
    after(app.close);
    after(receiver.close);
    const [alice, bob] = [await app.register('alice'), await app.register('bob')];
    const room = await alice.post('/rooms', { name: 'Orchard' }, 201);

    it('has every metric of the catalogue, with its help, type and labels, and no other', async () => {
      await alice.post(`/rooms/${room.id}/messages`, { content: 'apples' }, 201);
      const families = await scrape(app);
      assert.deepEqual([...families.keys()], Object.keys(metricCatalogue));
      for (const [name, { type, help, labels }] of Object.entries(metricCatalogue)) {
        const family = families.get(name);
        assert.deepEqual([family?.type, family?.help], [type, help]);
        const isEmpty = family?.samples.length === 0;
        assert.ok(!isEmpty || name.startsWith('veza_webhook_attempt'), `${name} has samples`);
        for (const sample of family?.samples ?? []) {
          const { le, ...others } = sample.labels;
          assert.deepEqual(Object.keys(others).sort(), Object.keys(labels).sort(), sample.name);
          assert.equal(le !== undefined, sample.name === `${name}_bucket`);
          assert.ok(sample.value >= 0 && Number.isFinite(sample.value), sample.name);
        }
      }
    });

    it('has histograms whose buckets grow, up to their count', async () => {
      const families = await scrape(app);
      for (const [name, { type, samples }] of families) {
        if (type !== 'histogram') continue;
        const bySeries = Map.groupBy(samples, ({ labels: { le: _, ...others } }) => JSON.stringify(others));
        for (const [labels, own] of bySeries) {
          const buckets = own.filter((sample) => sample.name === `${name}_bucket`);
          const bounds = buckets.map(({ labels: { le = '' } }) =>
            le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le),
          );
          const rising = [...bounds].sort((a, b) => a - b);
          assert.deepEqual([bounds, bounds.at(-1)], [rising, Number.POSITIVE_INFINITY], name);
          const values = buckets.map(({ value }) => value);
          assert.deepEqual(
            values,
            [...values].sort((a, b) => a - b),
            `${name} ${labels}`,
          );
          const [sum, count] = ['sum', 'count'].map(
            (part) => own.find((sample) => sample.name === `${name}_${part}`)?.value,
          );
          assert.equal(count, values.at(-1), `${name} ${labels}`);
          assert.ok(
            sum !== undefined && (sum > 0 || count === 0 || name.includes('webhook')),
            `${name} ${labels} ${sum}`,
          );
        }
      }
    });

    it('counts exactly what was asked, by route, method and status', async () => {
      const send = '/api/v1/rooms/{room_id}/messages';
      const grown = await growth(app, requests, async () => {
        for (const content of ['a', 'b', 'c']) await alice.post(`/rooms/${room.id}/messages`, { content }, 201);
        await alice.post(`/rooms/${room.id}/messages`, { content: 1 }, 400);
        await bob.post(`/rooms/${room.id}/messages`, { content: 'not a member' }, 403);
        await app.stranger.post(`/rooms/${room.id}/messages`, { content: 'nobody' }, 401);
        await alice.post('/rooms/999999/messages', { content: 'nowhere' }, 404);
        await alice.get(`/rooms/${room.id}/messages?limit=2`, 200);
        assert.equal((await alice.request('HEAD', `/rooms/${room.id}`)).status, 200);
        await alice.request('GET', '/healthz');
      });
      assert.deepEqual(grown, {
        ...itself,
        [answered('POST', send, 201)]: 3,
        [answered('POST', send, 400)]: 1,
        [answered('POST', send, 403)]: 1,
        [answered('POST', send, 401)]: 1,
        [answered('POST', send, 404)]: 1,
        [answered('GET', send, 200)]: 1,
        [answered('HEAD', '/api/v1/rooms/{room_id}', 200)]: 1,
        [answered('GET', '/healthz', 200)]: 1,
      });
    });

    it('counts as many times as answers', async () => {
      const series = seriesOf(await scrape(app));
      const totals = new Map<string, number>();
      for (const [name, value] of series) {
        const [, labels] = /^veza_http_requests_total\{(.*),status="\d+"\}$/.exec(name) ?? [];
        if (labels !== undefined) totals.set(labels, (totals.get(labels) ?? 0) + value);
      }
      for (const [labels, total] of totals)
        assert.equal(series.get(`veza_http_request_duration_seconds_count{${labels}}`), total, labels);
    });

    it('knows paths that nobody serves as one, whatever they are called', async () => {
      const grown = await growth(app, requests, async () => {
        await app.stranger.get('/no/such/secret-path?token=secret-query', 404);
        await app.stranger.get('/rooms/1/secret-path', 404);
        assert.equal((await app.stranger.request('DELETE', '/health')).status, 405);
        const response = await app.server.inject({ method: 'PROPFIND' as 'GET', url: '/secret-path' });
        assert.equal(response.statusCode, 404);
      });
      assert.deepEqual(grown, {
        ...itself,
        [answered('GET', 'unknown', 404)]: 2,
        [answered('DELETE', 'unknown', 405)]: 1,
        [answered('other', 'unknown', 404)]: 1,
      });
      const { text } = await app.stranger.request('GET', '/metrics');
      for (const word of ['secret', 'alice', 'Orchard', 'apples', room.uuid, receiver.url])
        assert.ok(!text.includes(word), word);
    });

    it('counts changes and the transactions they shared', async () => {
      // It writes by itself, whenever there is something to seal.
      await app.sealer.stop();
      const grown = await growth(app, 'veza_database_', async () => {
        await alice.put('/users/me', { status_message: 'in the garden' }, 200);
        await bob.put('/users/me', { username: 'alice' }, 409);
      });
      assert.equal(grown['writes_total{outcome="committed"}'], 1);
      assert.equal(grown['writes_total{outcome="undone"}'], 1);
      assert.equal(grown['writes_total{outcome="failed"}'], undefined);
      // A refused change shares a transaction with others, where there are such, and has none of its own otherwise.
      const shared = engine === 'sqlite' ? 2 : 1;
      assert.equal(grown['commit_writes_sum{}'], shared);
      assert.equal(grown['commit_duration_seconds_count{}'], grown['transaction_duration_seconds_count{}']);
      const written = await growth(app, 'veza_message_batch_messages_', () =>
        Promise.all(['x', 'y', 'z'].map((content) => alice.post(`/rooms/${room.id}/messages`, { content }, 201))),
      );
      assert.equal(written['sum{}'], 3);
    });

    it('knows what is stored', async () => {
      const before = seriesOf(await scrape(app));
      await alice.upload({ name: 'a.txt', content: 'ten bytes.' }, 201);
      const series = seriesOf(await scrape(app));
      assert.equal(series.get('veza_files{}'), (before.get('veza_files{}') ?? 0) + 1);
      assert.equal(series.get('veza_files_bytes{}'), (before.get('veza_files_bytes{}') ?? 0) + 10);
      for (const name of ['veza_database_size_bytes{}', 'veza_disk_free_bytes{}', 'process_resident_memory_bytes{}'])
        assert.ok((series.get(name) ?? 0) > 1_000, name);
      assert.deepEqual([series.get('veza_database_up{}'), series.get('veza_storage_full{}')], [1, 0]);
      assert.equal(series.get(`veza_info{engine="${engine}",node="${process.version}",version="${version}"}`), 1);
    });

    it('knows how webhooks go', async () => {
      const events = ['message_sent'];
      const hook = await alice.post('/webhooks', { url: receiver.url, events, room_id: room.id }, 201);
      const grown = await growth(app, 'veza_webhook_attempt', async () => {
        await alice.post(`/rooms/${room.id}/messages`, { content: 'told' }, 201);
        await settledDelivery(alice, hook.id, 1);
        receiver.answer = (_, response) => response.writeHead(500).end();
        await alice.post(`/webhooks/${hook.id}/test`, {}, 200);
        await alice.post(`/rooms/${room.id}/messages`, { content: 'not heard' }, 201);
        await settledDelivery(alice, hook.id, 3);
      });
      assert.deepEqual([grown['s_total{outcome="delivered"}'], grown['s_total{outcome="not_2xx"}']], [1, 2]);
      assert.equal(grown['_duration_seconds_count{}'], 3);
      const series = seriesOf(await scrape(app));
      assert.equal(series.get('veza_webhook_attempts_running{}'), 0);
      assert.equal(series.get('veza_webhook_deliveries_pending{}'), 1);
      assert.equal(series.get('veza_webhook_oldest_due_seconds{}'), 0);
      await alice.delete(`/webhooks/${hook.id}`, 204);
    });
  });

  describe(`metrics of a server that is behind (${engine})`, async () => {
    const clock = movableClock();
    const limits = { RATE_LIMITS: 'on', RATE_LIMIT_SEND: '3/1h', WEBHOOK_DELIVERY: 'off' };
    const app = await createTestApp(engine, { ...toThisMachine, ...limits }, { now: clock.now });
    after(app.close);

    it('counts who is told to wait', async () => {
      const grown = await growth(app, 'veza_rate_limit_refusals_total', async () => {
        for (const status of [201, 201, 201, 429, 429])
          await app.admin.post('/rooms/1/messages', { content: '.' }, status);
      });
      assert.deepEqual(grown, { '{class="send"}': 2 });
    });

    it('says for how long deliveries wait', async () => {
      const asked = { url: 'http://127.0.0.1:9/', events: ['room_updated'], room_id: null };
      await app.admin.post('/webhooks', asked, 201);
      await app.admin.put('/rooms/1', { topic: 'one' }, 200);
      clock.advance(90_000);
      await app.admin.put('/rooms/1', { topic: 'two' }, 200);
      const series = seriesOf(await scrape(app));
      assert.equal(series.get('veza_webhook_deliveries_pending{}'), 2);
      assert.equal(series.get('veza_webhook_oldest_due_seconds{}'), 90);
    });
  });
}

test('the printed document is that of the catalogue', async () => {
  const printed = await readFile(new URL('../../docs/metrics.md', import.meta.url), 'utf8');
  assert.equal(printed, metricsDocument(), 'run npm run generate');
});

test('names say the unit and what is counted, as Prometheus wants it', () => {
  for (const [name, { type, help, labels }] of Object.entries(metricCatalogue)) {
    assert.match(name, /^(veza|process)_[a-z]+(_[a-z]+)*$/);
    assert.equal(name.endsWith('_total'), type === 'counter', name);
    assert.doesNotMatch(name, /(milliseconds|_ms|kib|mib|minutes|percent)/);
    assert.match(help, /^[^.].*\.$/, name);
    for (const label of Object.keys(labels)) assert.match(label, /^[a-z]+$/);
  }
});
