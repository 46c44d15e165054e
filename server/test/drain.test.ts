import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { createTestApp } from './harness/app.ts';

async function open(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1' });
  await once(socket, 'connect');
  return socket;
}

it('while the server drains new connections are refused, and /readyz says so on those that are open', async () => {
  const app = await createTestApp('sqlite');
  await app.server.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.server.address() as { port: number };
  const body = JSON.stringify({ refresh_token: 'no such token' });
  const head = `POST /api/v1/auth/refresh HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`;
  const probe = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;

  const socket = await open(port);
  let heard = '';
  socket.on('data', (data) => {
    heard += data;
  });
  socket.write(`${probe('/readyz')}${head}${body.slice(0, 5)}`);
  while (!heard.includes('"ready"')) await wait(2);

  const closed = app.close();
  const isOpen = () =>
    open(port).then(
      (other) => Boolean(other.destroy()),
      () => false,
    );
  while (await isOpen()) await wait(2);
  socket.write(`${body.slice(5)}${probe('/readyz')}`);
  await once(socket, 'close');
  await closed;

  const answers = heard.split(/(?=HTTP\/1\.1 )/);
  assert.deepEqual(
    answers.map((answer) => answer.slice(9, 12)),
    ['200', '401', '503'],
  );
  assert.match(answers[2] ?? '', /"code":"SERVICE_UNAVAILABLE".*"reason":"draining"/s);
  assert.match(answers[2] ?? '', /retry-after: 1\r\n/i);
});
