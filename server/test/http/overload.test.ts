import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises';
import { Type } from 'typebox';
import type { Answer } from '../../src/answer.ts';
import { echo, strict, tinyApp } from './tiny_app.ts';

/** An application whose requests to /slow last until they are released. */
async function slowApp(settings: Record<string, string>) {
  const running: ((answer: Answer | Error) => void)[] = [];
  const slow = () =>
    new Promise<Answer>((resolve, reject) =>
      running.push((answer) => (answer instanceof Error ? reject(answer) : resolve(answer))),
    );
  const tiny = await tinyApp(
    [
      echo({ path: '/slow', handler: slow }),
      echo({ path: '/patient', slow: true, handler: slow }),
      echo({ path: '/fast' }),
      echo({ path: '/healthz', scope: 'public', limit: 'none' }),
      echo({ method: 'POST', path: '/strict', body: strict({ a: Type.String() }) }),
      echo({
        path: '/throws',
        handler: () => {
          throw new Error('no');
        },
      }),
    ],
    { RATE_LIMITS: 'off', ...settings },
  );
  const started = async (count: number) => {
    for (let i = 0; running.length < count && i < 1_000; i++) await turn();
    assert.equal(running.length, count);
  };
  return { ...tiny, running, started };
}

const done: Answer = { status: 200, data: 1 };

test('as many run as may; as many wait as may; the rest is told at once', async () => {
  const { app, call, running, started } = await slowApp({
    MAX_RUNNING_REQUESTS: '2',
    MAX_WAITING_REQUESTS: '1',
    MAX_WAITING_MS: '60000',
  });
  const first = [call('/slow'), call('/slow')];
  await started(2);
  const waiting = call('/fast');
  await turn();
  const refused = await call('/fast');
  assert.deepEqual([refused.status, refused.code, refused.headers['retry-after']], [503, 'SERVICE_UNAVAILABLE', '1']);
  assert.equal((await call('/healthz')).status, 200);
  running[0]?.(done);
  assert.equal((await waiting).status, 200);
  running[1]?.(new Error('gone wrong'));
  assert.deepEqual(
    (await Promise.all(first)).map(({ status }) => status),
    [200, 500],
  );
  for (let i = 0; i < 10; i++) assert.equal((await call('/throws')).status, 500);
  assert.equal((await call('/fast')).status, 200);
  await app.close();
});

test('who waits too long is told so', async () => {
  const { app, call, running, started } = await slowApp({ MAX_RUNNING_REQUESTS: '1', MAX_WAITING_MS: '20' });
  const first = call('/slow');
  await started(1);
  const late = await call('/fast');
  assert.deepEqual([late.status, late.details.reason, late.headers['retry-after']], [503, 'overloaded', '1']);
  running[0]?.(done);
  assert.equal((await first).status, 200);
  await app.close();
});

test('what is refused before takes no place', async () => {
  const { app, call, running, started } = await slowApp({ MAX_RUNNING_REQUESTS: '1', MAX_WAITING_REQUESTS: '0' });
  const first = call('/slow');
  await started(1);
  assert.equal((await call('/fast', { headers: { authorization: '' } })).status, 401);
  assert.equal((await call('/strict', { method: 'POST', payload: {} })).status, 400);
  assert.equal((await call('/nowhere')).status, 404);
  assert.equal((await call('/strict', { method: 'POST', payload: { a: '' } })).status, 503);
  running[0]?.(done);
  await first;
  await app.close();
});

test('an action that takes too long is answered for, once, and keeps its place until it ends', async () => {
  const { app, call, running, started, lines } = await slowApp({
    HANDLER_TIMEOUT_SECONDS: '1',
    MAX_RUNNING_REQUESTS: '1',
    MAX_WAITING_REQUESTS: '0',
  });
  const began = performance.now();
  const late = await call('/slow');
  const took = performance.now() - began;
  assert.deepEqual([late.status, late.code, late.details.reason], [503, 'SERVICE_UNAVAILABLE', 'timeout']);
  assert.equal(late.headers['retry-after'], '1');
  assert.ok(took >= 1_000, `${took}: not before its time`);
  assert.equal((await call('/fast')).status, 503);
  await started(1);
  running[0]?.(done);
  await wait(1);
  assert.equal((await call('/fast')).status, 200);
  assert.equal(lines.filter(({ msg, route }) => msg === 'request' && route === '/slow').length, 1);
  await app.close();
});

test('what is in flight when the server closes is answered, and its connection closed', async () => {
  const { app, running, started } = await slowApp({});
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as { port: number };
  const socket = connect({ port, host: '127.0.0.1' });
  const get = (path: string) => socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer alice\r\n\r\n`);
  let text = '';
  socket.on('data', (data) => {
    text += data;
  });
  const ended = once(socket, 'close');
  get('/slow');
  await started(1);
  const closed = app.close();
  await turn();
  get('/fast');
  await wait(20);
  running[0]?.(done);
  await ended;
  await closed;
  assert.deepEqual(text.match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 200', 'HTTP/1.1 200']);
  assert.match(text, /\r\nconnection: close\r\n/i);
  assert.match(text, /\{"success":true,"data":1\}/);
  await assert.rejects(fetch(`http://127.0.0.1:${port}/fast`));
});

test('a route that says it is slow has longer', async () => {
  const { app, call, running, started } = await slowApp({ HANDLER_TIMEOUT_SECONDS: '1' });
  const patient = call('/patient');
  assert.equal((await call('/slow')).status, 503);
  await started(2);
  running[0]?.(done);
  running[1]?.(done);
  assert.equal((await patient).status, 200);
  await app.close();
});

test('a pipelined request waits until the answer before it is out', async () => {
  const { app, running, started } = await slowApp({});
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as { port: number };
  const socket = connect({ port, host: '127.0.0.1' });
  const request = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer alice\r\n\r\n`;
  let text = '';
  socket.on('data', (data) => {
    text += data;
  });
  socket.write(request('/slow') + request('/slow') + request('/fast'));
  await started(1);
  await wait(20);
  assert.equal(running.length, 1, 'the second has not begun');
  running[0]?.(done);
  await started(2);
  running[1]?.(done);
  while ((text.match(/HTTP\/1\.1 200/g) ?? []).length < 3) await wait(1);
  socket.destroy();
  await app.close();
});
