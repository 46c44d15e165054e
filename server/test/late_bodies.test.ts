import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { createTestApp } from './harness/app.ts';

describe('a request whose body comes late', async () => {
  const app = await createTestApp('sqlite');
  after(app.close);
  await app.server.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.server.address() as { port: number };

  /** Sends the head of a request, does something else, then sends the body; resolves with the status. */
  async function late(token: string, method: string, path: string, body: object, meanwhile: () => Promise<unknown>) {
    const text = JSON.stringify(body);
    const socket = connect({ port, host: '127.0.0.1' });
    let answer = '';
    socket.on('data', (data) => {
      answer += data;
    });
    socket.write(
      `${method} /api/v1${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n` +
        `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(text)}\r\nConnection: close\r\n\r\n`,
    );
    await wait(30);
    await meanwhile();
    socket.write(text);
    while (!answer.includes('\r\n\r\n')) await wait(2);
    socket.destroy();
    return Number(answer.slice(9, 12));
  }

  it('is judged by who one is when it has come', async () => {
    const second = await app.registerAs('admin', 'second');
    const path = `/admin/users/${second.id}`;
    const suspend = () => app.admin.patch(path, { role: 'user', suspended: true }, 200);
    assert.equal(await late(second.token, 'PATCH', path, { role: 'admin', suspended: false }, suspend), 401);
    const { users } = await app.admin.get('/admin/users?search=second', 200);
    assert.deepEqual([users[0].role, users[0].suspended], ['user', true]);

    const third = await app.registerAs('admin', 'third');
    const alice = await app.register('alice');
    const demote = () => app.admin.patch(`/admin/users/${third.id}`, { role: 'user' }, 200);
    assert.equal(await late(third.token, 'PATCH', `/admin/users/${alice.id}`, { role: 'admin' }, demote), 403);

    const logout = () => alice.post('/auth/logout', {}, 204);
    assert.equal(await late(alice.token, 'POST', '/rooms', { name: 'after all' }, logout), 401);
  });

  it('and one that follows another on its socket by who one is when its turn comes', async () => {
    const dave = await app.register('dave');
    const request = (method: string, path: string) =>
      `${method} /api/v1${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${dave.token}\r\n\r\n`;
    const socket = connect({ port, host: '127.0.0.1' });
    let answers = '';
    socket.on('data', (data) => {
      answers += data;
    });
    // All three are known for dave's when they are read; the first ends his session.
    socket.write(request('POST', '/auth/logout') + request('GET', '/users/me') + request('GET', '/rooms'));
    const statuses = () => [...answers.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => Number(status));
    while (statuses().length < 3) await wait(2);
    socket.destroy();
    assert.deepEqual(statuses(), [204, 401, 401]);
  });
});
