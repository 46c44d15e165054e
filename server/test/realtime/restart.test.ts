import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startServer } from '../harness/server_process.ts';
import { connect, logged } from './socket.ts';
import { openStream } from './stream.ts';

test('a server that is asked to end tells its readers to come back, ends with 0, and they miss nothing', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'veza-restart-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const variables = { ADMIN_PASSWORD: 'password of admin', MIN_FREE_DISK_BYTES: '0' };
  const first = startServer({ directory, variables });
  t.after(() => first.end('SIGKILL'));
  const call = async (url: string, method: string, path: string, token: string, body?: object) => {
    const headers = { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) };
    const response = await fetch(`${url}/api/v1${path}`, { method, headers, body: JSON.stringify(body) });
    // biome-ignore lint/suspicious/noExplicitAny: a reply has whatever shape its route has
    return ((await response.json()) as { data: any }).data;
  };
  const credentials = { username: 'admin', password: variables.ADMIN_PASSWORD };
  const url = await first.url;
  const { access_token: token } = await call(url, 'POST', '/auth/login', '', credentials);
  const { id: room } = await call(url, 'POST', '/rooms', token, { name: 'Kitchen' });
  const socket = await connect(url.replace('http', 'ws'), { token });
  const stream = await openStream(url, { token });
  const waiting = call(url, 'GET', '/events?wait=30', token);
  const { id: heard } = await call(url, 'POST', `/rooms/${room}/messages`, token, { content: 'before' });
  await socket.next('room_message', ({ id }) => id === heard);
  await stream.next(({ data }) => data.data.id === heard);
  await waiting;
  const late = call(url, 'GET', '/events?wait=30', token);
  const following = async () => (await fetch(`${url}/metrics`)).text();
  while (!(await following()).includes('veza_event_readers{kind="http",state="live"} 2')) await sleep(5);
  const code = socket.closed();
  assert.deepEqual(await first.end('SIGTERM'), { code: 0, signal: null });
  assert.equal(await code, 1012);
  const [{ after_ms }] = socket.of('reconnect') as [{ after_ms: number }];
  assert.equal(socket.frames.at(-1)?.type, 'reconnect');
  assert.ok(after_ms >= 0 && after_ms < 100, 'of few, nobody waits for long');
  await stream.over;
  assert.match(stream.comments.at(-1) ?? '', /^retry: \d+$/);
  // A poll that waited is answered with nothing, not cut off.
  assert.deepEqual((await late).events, []);
  assert.match(first.output(), /"msg":"listening".*"msg":"ending".*"msg":"ended"/s);

  const second = startServer({ directory, variables });
  t.after(() => second.end('SIGKILL'));
  const there = await second.url;
  const { id: missed } = await call(there, 'POST', `/rooms/${room}/messages`, token, { content: 'after' });
  const again = await connect(there.replace('http', 'ws'), { token }, logged(socket).at(-1)?.data.event_id);
  await again.next('resumed');
  assert.deepEqual(
    logged(again).map(({ data }) => data.id),
    [missed],
  );
  await again.close();
});
