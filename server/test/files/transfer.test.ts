import assert from 'node:assert/strict';
import { once } from 'node:events';
import { globSync, readdirSync, truncateSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { engines } from '../engines.ts';
import { createTestApp } from '../harness/app.ts';
import { formOf } from '../harness/form.ts';
import type { Person } from '../harness/people.ts';
import { png } from './samples.ts';
import { stored } from './stored.ts';

const SECOND = 1_000;

for (const engine of engines) {
  describe(`uploads over a real connection (${engine})`, async () => {
    const app = await createTestApp(engine, {
      UPLOAD_TIMEOUT_SECONDS: '2',
      MAX_RUNNING_REQUESTS: '1',
      MAX_WAITING_REQUESTS: '0',
    });
    after(app.close);
    await app.server.listen({ host: '127.0.0.1', port: 0 });
    const { port } = app.server.server.address() as { port: number };
    const alice = await app.register('alice');
    const bob = await app.register('bob');
    const room = await alice.post('/rooms', { name: 'real' }, 201);
    await alice.post(`/rooms/${room.id}/members`, { user_id: bob.id }, 201);
    const content = Buffer.alloc(300_000, 'words ');
    const form = formOf([
      { name: 'room_id', content: `${room.id}` },
      { name: 'file', filename: 'a.txt', content },
      { name: 'description', content: 'late' },
    ]);

    function open(person: Person, length: number | 'chunked', path = '/files/upload', coding = 'identity'): Socket {
      const socket = connect({ port, host: '127.0.0.1' });
      socket.on('error', () => {});
      const size = length === 'chunked' ? 'Transfer-Encoding: chunked' : `Content-Length: ${length}`;
      socket.write(
        `POST /api/v1${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${person.token}\r\n` +
          `Content-Type: ${form.headers['content-type']}\r\nContent-Encoding: ${coding}\r\n${size}\r\n\r\n`,
      );
      return socket;
    }

    async function answer(socket: Socket, count = 1): Promise<{ status: number; text: string }> {
      let text = '';
      for await (const piece of socket) {
        text += piece;
        if (text.split('HTTP/1.1 ').length <= count) continue;
        const [head = '', body] = text.split('\r\n\r\n');
        const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? Number.NaN);
        if (body !== undefined && Buffer.byteLength(body) >= length) break;
      }
      return { status: Number(text.slice(9, 12)), text };
    }

    /** Resolves when nothing is received any more. */
    async function settled(): Promise<void> {
      while (readdirSync(join(app.directory, 'files/drafts')).length > 0) await wait(5);
    }

    it('one that is cut off leaves nothing, wherever it is cut', async () => {
      await app.unchanged(async () => {
        const { length } = form.body;
        for (const at of [0, 1, 60, 150, 300, 5_000, 100_000, length - 200, length - 30, length - 3]) {
          const socket = open(alice, length);
          await once(socket, 'connect');
          socket.write(form.body.subarray(0, at));
          await wait(20);
          socket.destroy();
        }
        const packed = gzipSync(form.body);
        for (const at of [0, 5, 100, packed.length - 9, packed.length - 1]) {
          const socket = open(alice, packed.length, '/files/upload', 'gzip');
          await once(socket, 'connect');
          socket.write(packed.subarray(0, at));
          await wait(20);
          socket.destroy();
        }
        await wait(50);
        await settled();
      });
      assert.deepEqual(await stored(app), []);
    });

    it('one whose length lies is refused, or taken as far as it says', async () => {
      await app.unchanged(async () => {
        const short = open(alice, form.body.length - 100);
        short.write(form.body);
        assert.equal((await answer(short)).status, 400);
        const long = open(alice, form.body.length + 100);
        long.end(form.body);
        assert.equal((await answer(long)).status, 400);
        const far = open(alice, 99_999_999_999);
        far.write(form.body.subarray(0, 1_000));
        assert.equal((await answer(far)).status, 413);
        await settled();
      });
      assert.deepEqual(await stored(app), []);
    });

    it('one that comes in pieces of a byte is whole, however it says its length', async () => {
      const small = formOf([{ name: 'file', filename: 'é.txt', content: 'small' }]).body;
      const plain = open(alice, small.length);
      for (const byte of small) {
        plain.write(Buffer.from([byte]));
        await turn();
      }
      assert.equal((await answer(plain)).status, 201);
      const chunked = open(alice, 'chunked');
      for (const byte of small) chunked.write(Buffer.from([0x31, 13, 10, byte, 13, 10]));
      chunked.write('0\r\n\r\n');
      const { status, text } = await answer(chunked);
      assert.equal(status, 201);
      assert.ok(text.includes('"filename":"é.txt"'));
      const { rows } = { rows: await app.deps.db.reader.all({ name: undefined, sql: 'select id from files' }, []) };
      for (const { id } of rows) await alice.delete(`/files/${id}`, 204);
    });

    it('one that does not come is 408, and does not keep others from being served', async () => {
      await app.unchanged(async () => {
        const slow = open(alice, form.body.length);
        slow.write(form.body.subarray(0, 100_000));
        await wait(SECOND / 10);
        // There is place for one at a time, and this one takes none.
        await bob.get('/users/me', 200);
        const { status, text } = await answer(slow);
        assert.equal(status, 408);
        assert.match(text, /REQUEST_TIMEOUT/);
        await settled();
      });
      assert.deepEqual(await stored(app), []);
    });

    it('one that is refused midway, or ends before its body, does not hold up what comes on its connection', async () => {
      const large = formOf([{ name: 'picture', filename: 'a.txt', content }]).body;
      const packed = gzipSync(formOf([{ name: 'file', content: '' }]).body);
      for (const [body, coding] of [
        [large, 'identity'],
        [Buffer.concat([packed, Buffer.alloc(100_000)]), 'gzip'],
      ] as const) {
        const socket = open(alice, body.length, '/files/upload', coding);
        socket.write(body);
        const answers = answer(socket, 2);
        await wait(100);
        socket.write(`GET /api/v1/users/me HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${alice.token}\r\n\r\n`);
        assert.match((await answers).text, /^HTTP\/1.1 400 .*HTTP\/1.1 200 /s);
      }
      assert.deepEqual(await stored(app), []);
    });

    it('is refused before its bytes come, where it says so in time', async () => {
      const mallory = await app.register('mallory');
      const refusal = (path: string, start: Buffer) => {
        const socket = open(mallory, form.body.length, path);
        socket.write(start);
        return answer(socket);
      };
      assert.equal((await refusal(`/files/upload?room_id=${room.id}`, Buffer.alloc(0))).status, 403);
      assert.equal((await refusal('/files/upload?room_id=999', Buffer.alloc(0))).status, 404);
      assert.equal((await refusal('/files/upload', form.body.subarray(0, 1_000))).status, 403);
      assert.deepEqual(await stored(app), []);
    });

    it('counts by who one is, and where, when the last byte has come', async () => {
      const late = async (meanwhile: () => Promise<unknown>, person: Person) => {
        const socket = open(person, form.body.length);
        socket.write(form.body.subarray(0, 200_000));
        await wait(50);
        await meanwhile();
        socket.write(form.body.subarray(200_000));
        return (await answer(socket)).status;
      };
      const path = `/rooms/${room.id}/members/${bob.id}`;
      assert.equal(await late(() => alice.delete(path, 204), bob), 403);
      assert.equal(await late(async () => undefined, alice), 201);
      const second = await app.login('alice');
      assert.equal(await late(() => second.post('/auth/logout', {}, 204), second), 401);
      await settled();
      assert.equal((await stored(app)).length, 1);
    });

    it('one that is answered 408 while its picture waits leaves nothing', async () => {
      const { images } = app.deps.files;
      const second = await app.login('alice');
      const before = await stored(app);
      let go: () => void = () => undefined;
      const held = new Promise<void>((resolve) => {
        go = resolve;
      });
      const wide = new Uint8Array(png(40, 40));
      const first = images.measure(async () => {
        await held;
        return wide;
      });
      const picture = formOf([{ name: 'file', filename: 'a.png', content: png(30, 30) }]);
      const socket = connect({ port, host: '127.0.0.1' });
      socket.write(
        `POST /api/v1/files/upload HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${second.token}\r\n` +
          `Content-Type: ${picture.headers['content-type']}\r\nContent-Length: ${picture.body.length}\r\n\r\n`,
      );
      socket.write(picture.body);
      assert.equal((await answer(socket)).status, 408);
      go();
      await first;
      while ((await stored(app)).length > before.length) await wait(5);
      assert.equal((await app.admin.get('/admin/consistency', 200)).ok, true);
    });

    it('a download ends where bytes were lost on the disk: nobody waits for them', async () => {
      const second = await app.login('alice');
      const { file_id } = await second.upload({ name: 'lost.txt', content }, 201);
      const kept = globSync('files/??/*', { cwd: app.directory });
      for (const path of kept) truncateSync(join(app.directory, path), 1_000);
      const socket = connect({ port, host: '127.0.0.1' });
      const request = `GET /api/v1/files/${file_id}/download HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${second.token}\r\n\r\n`;
      socket.write(request);
      let text = '';
      for await (const piece of socket) text += piece;
      assert.match(text, /^HTTP\/1\.1 200 .*content-length: 300000\r\n/is);
      assert.equal(text.split('\r\n\r\n')[1]?.length, 1_000);
    });
  });
}
