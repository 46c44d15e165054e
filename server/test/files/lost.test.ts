import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { textOf } from '../../src/db/statement.ts';
import { createTestApp } from '../harness/app.ts';
import { places } from './places.ts';
import { png } from './samples.ts';
import { stored } from './stored.ts';

for (const { name, engine, variables } of places) {
  describe(`bytes that are lost, as after a restore without them (${name})`, async () => {
    const app = await createTestApp(engine, await variables());
    after(app.close);
    const [alice, bob] = [await app.register('alice'), await app.register('bob')];
    const lose = async () => {
      for (const name of await stored(app)) await app.deps.files.blobs.remove(name);
    };

    it('are there again with the next upload of the same, for all files of them', async () => {
      const content = 'lost and found';
      const first = await alice.upload({ name: 'a.txt', content }, 201);
      await lose();
      await alice.get(first.url, 404);
      const files = await Promise.all(
        [alice, bob, alice].map((person) => person.upload({ name: 'b.txt', content }, 201)),
      );
      assert.equal((await stored(app)).length, 1);
      assert.equal((await bob.request('GET', files[1].url)).text, content);
      for (const { url } of [first, files[0], files[2]]) assert.equal((await alice.request('GET', url)).text, content);
      await bob.delete(`/files/${files[1].file_id}`, 204);
      for (const { file_id } of [first, files[0], files[2]]) await alice.delete(`/files/${file_id}`, 204);
      assert.deepEqual(await stored(app), []);
    });

    it('of a thumbnail are made again, and of its picture they are 404 until it is uploaded', async () => {
      const content = png(30, 20);
      const file = await alice.upload({ name: 'a.png', content }, 201);
      const small = () => alice.request('GET', file.thumbnail_url);
      const before = await small();
      await lose();
      assert.equal((await small()).status, 404);
      await alice.upload({ name: 'b.png', content }, 201);
      for (let twice = 0; twice < 2; twice++) {
        const { status, bytes } = await small();
        assert.deepEqual([status, bytes.equals(before.bytes)], [200, true]);
        assert.equal((await stored(app)).length, 2);
      }
    });

    it('of a thumbnail that would look otherwise today make room for it', async () => {
      const file = await alice.upload({ name: 'c.png', content: png(50, 20) }, 201);
      const small = () => alice.request('GET', file.thumbnail_url);
      await small();
      const image = `(select image_id from thumbnails where blob_id = (select blob_id from files where id = ${file.file_id}))`;
      await app.deps.db.write('test', (db) =>
        db.run(textOf(`update blobs set sha256 = 'of another encoder', name = '00.gone' where id = ${image}`), []),
      );
      const strays = (await stored(app)).length;
      for (let twice = 0; twice < 2; twice++) assert.equal((await small()).status, 200);
      assert.equal((await stored(app)).length, strays + 1);
      const old = await app.deps.db.reader.all(textOf(`select id from blobs where name = '00.gone'`), []);
      assert.deepEqual(old, []);
    });
  });
}
