import assert from 'node:assert/strict';
import { after, describe, it, type TestContext } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { createDiskBlobs } from '../../src/adapters/blobs/disk.ts';
import { createImages } from '../../src/adapters/images/sharp.ts';
import { textOf } from '../../src/db/statement.ts';
import { engines } from '../engines.ts';
import { createTestApp } from '../harness/app.ts';
import { png } from './samples.ts';
import { stored } from './stored.ts';

const MINUTE = 60_000;
const WEBP = 'image/webp';
const ICON = 'image/svg+xml';

for (const engine of engines) {
  describe(`thumbnails that could not be made or kept (${engine})`, async () => {
    const app = await createTestApp(engine);
    const { blobs, images } = app.deps.files;
    const hurried = createImages({ maxPixels: 1_000_000, maxMs: 1 });
    after(hurried.close);
    after(app.close);
    const alice = await app.register('alice');
    const room = await alice.post('/rooms', { name: 'pictures' }, 201);
    const typeOf = async (url: string) => {
      const { status, headers } = await alice.request('GET', url);
      assert.equal(status, 200);
      return headers['content-type'];
    };
    const thumbnails = () => app.deps.db.reader.all(textOf('select size from thumbnails'), []);

    /** The thread is out of time, whatever it is given. */
    function hurry({ mock }: TestContext): () => void {
      const mocked = (['measure', 'shrink'] as const).map((name) => mock.method(images, name, hurried[name]));
      return () => {
        for (const { mock } of mocked) mock.restore();
      };
    }

    /** Lets mocked time pass until the work is done. */
    async function passing<T>({ mock }: TestContext, work: Promise<T>): Promise<T> {
      let isDone = false;
      const done = () => {
        isDone = true;
      };
      work.then(done, done);
      while (!isDone) {
        mock.timers.tick(1);
        await setImmediate();
      }
      return work;
    }

    it('a thread that was out of time leaves an icon for a minute, then there is a picture', async (t) => {
      const file = await alice.upload({ name: 'a.png', content: png(30, 20) }, 201);
      t.mock.timers.enable({ apis: ['setTimeout'] });
      const relax = hurry(t);
      assert.equal(await passing(t, typeOf(file.thumbnail_url)), ICON);
      assert.deepEqual(await thumbnails(), []);
      relax();
      const shrink = t.mock.method(images, 'shrink');
      assert.equal(await typeOf(file.thumbnail_url), ICON);
      assert.equal(shrink.mock.callCount(), 0, 'it is not tried again and again');
      t.mock.timers.tick(MINUTE);
      assert.equal(await typeOf(file.thumbnail_url), WEBP);
      assert.equal(await typeOf(file.thumbnail_url), WEBP);
      assert.equal(shrink.mock.callCount(), 1);
      await alice.delete(`/files/${file.file_id}`, 204);
    });

    it('what was not measured at the upload is with the first thumbnail, for everybody who sees it', async (t) => {
      const relax = hurry(t);
      const upload = (name: string, fields = {}) => alice.upload({ name, content: png(31, 21), fields }, 201);
      const files = [await upload('a.png', { room_id: room.id }), await upload('b.png')];
      const [shown] = files;
      assert.deepEqual([shown.width, shown.height], [null, null]);
      relax();
      const body = { content: 'look', file_ids: [shown.file_id] };
      await alice.post(`/rooms/${room.id}/messages`, body, 201);
      const page = () => alice.request('GET', `/rooms/${room.id}/messages`);
      const before = await page();
      assert.equal(before.data.messages[0].attachments[0].width, null);
      assert.equal(await typeOf(shown.thumbnail_url), WEBP);
      for (const { file_id } of files) {
        const { width, height } = await alice.get(`/files/${file_id}`, 200);
        assert.deepEqual([width, height], [31, 21]);
      }
      const after = await page();
      const { width, height } = after.data.messages[0].attachments[0];
      assert.deepEqual([width, height], [31, 21]);
      assert.notEqual(after.headers.etag, before.headers.etag);
      await app.unchanged(() => typeOf(shown.thumbnail_url));
    });

    it('what cannot be measured does not keep a thumbnail from anybody', async (t) => {
      const relax = hurry(t);
      const file = await alice.upload({ name: 'a.png', content: png(32, 22) }, 201);
      relax();
      t.mock.method(images, 'measure', hurried.measure);
      assert.equal(await typeOf(file.thumbnail_url), WEBP);
      assert.equal((await alice.get(`/files/${file.file_id}`, 200)).width, null);
    });

    it('on a full disk it is made, and sent without being kept', async (t) => {
      const picture = await alice.upload({ name: 'a.png', content: png(33, 23) }, 201);
      const broken = await alice.upload({ name: 'b.png', content: png(33, 24).subarray(0, 60) }, 201);
      const before = await stored(app);
      const directory = `${app.directory}/files`;
      const full = createDiskBlobs({ directory, minFreeBytes: Number.MAX_SAFE_INTEGER });
      const { mock } = t.mock.method(blobs, 'receive', full.receive);
      await app.unchanged(async () => {
        for (let twice = 0; twice < 2; twice++) assert.equal(await typeOf(picture.thumbnail_url), WEBP);
      });
      assert.deepEqual(await stored(app), before);
      const unkept = await alice.request('GET', picture.thumbnail_url);
      mock.restore();
      const kept = await alice.request('GET', picture.thumbnail_url);
      assert.ok(kept.bytes.equals(unkept.bytes));
      assert.equal(kept.headers.etag, unkept.headers.etag);
      assert.equal((await stored(app)).length, before.length + 1);
      assert.equal(await typeOf(broken.thumbnail_url), ICON);
    });

    it('who asks for more than four at a time is refused, unlike others, and without having a picture read', async (t) => {
      const files = [];
      for (let i = 0; i < 20; i++) files.push(await alice.upload({ name: `${i}.png`, content: png(40, 50 + i) }, 201));
      const mine = await app.admin.upload({ name: 'mine.png', content: png(41, 41) }, 201);
      const opened = t.mock.method(blobs, 'open');
      const gate = Promise.withResolvers<Uint8Array<ArrayBuffer>>();
      const first = images.measure(() => gate.promise);
      const statuses: number[] = [];
      const asked = files.map(async ({ thumbnail_url }) => {
        statuses.push((await alice.request('GET', thumbnail_url)).status);
      });
      while (statuses.length < 16) await setImmediate();
      const anothers = app.admin.request('GET', mine.thumbnail_url);
      gate.resolve(new Uint8Array(png(1, 1)));
      await Promise.all([first, ...asked]);
      assert.deepEqual(statuses, [...Array(16).fill(503), ...Array(4).fill(200)]);
      assert.equal((await anothers).status, 200);
      assert.equal(opened.mock.callCount(), 5);
    });
  });
}

describe('thumbnails of a database that may not grow', () => {
  it('are made, and sent without being kept, until it may', async (t) => {
    const app = await createTestApp('sqlite', {}, { maxPages: 200 });
    t.after(app.close);
    const { db } = app.deps;
    const file = await app.admin.upload({ name: 'a.png', content: png(30, 20) }, 201);
    const before = await stored(app);
    // Large rows, then such as the one of a thumbnail's bytes, until not one of them fits in any more.
    for (const length of [1_000, 20]) {
      const filling = `insert into blobs (sha256, name, size, refs, created_at)
        values (hex(randomblob(32)), hex(randomblob(${length})), 1, 0, 1)`;
      for (let refused = 0; refused < 20; )
        await db.write('fill', (writer) => writer.run(textOf(filling), [])).catch(() => refused++);
    }
    const typeOf = async () => {
      const { status, headers } = await app.admin.request('GET', file.thumbnail_url);
      return [status, headers['content-type']];
    };
    await app.unchanged(async () => assert.deepEqual(await typeOf(), [200, WEBP]));
    assert.deepEqual(await stored(app), before);
    await db.write('room', (writer) => writer.all(textOf('pragma max_page_count = 100000'), []));
    assert.deepEqual(await typeOf(), [200, WEBP]);
    assert.equal((await stored(app)).length, before.length + 1);
  });
});
