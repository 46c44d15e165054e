import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { ownCtx, write } from '../../src/context.ts';
import { differences } from '../../src/modules/admin/consistency.ts';
import { dropFiles } from '../../src/modules/files/drop.ts';
import { findOrphans } from '../../src/modules/files/store.ts';
import { purgeFiles } from '../../src/modules/files/sweep.ts';
import { engines } from '../engines.ts';
import { createTestApp } from '../harness/app.ts';
import { stored } from './stored.ts';

for (const engine of engines) {
  describe(`files that two nodes take away at once (${engine})`, async () => {
    const app = await createTestApp(engine);
    after(app.close);
    const alice = await app.register('alice');
    const ctx = ownCtx(app.deps, 'test');
    const inOrder = async () => assert.deepEqual(await differences(app.deps.db.reader), []);

    /** A deleted room with files of the same bytes, which a file of alice's has too. */
    async function leave(count: number): Promise<void> {
      const { id } = await alice.post('/rooms', { name: 'gone' }, 201);
      const upload = (fields = {}) => alice.upload({ name: 'a.txt', content: 'the same', fields }, 201);
      await upload();
      for (let i = 0; i < count; i++) await upload({ room_id: id });
      await alice.delete(`/rooms/${id}`, 204);
    }

    it('are counted by the one that had them', async () => {
      await leave(3);
      const seen = await findOrphans.all(ctx.db, { limit: 10 });
      const drop = () => write(ctx, 'test', (inner) => dropFiles(inner, seen));
      assert.deepEqual([(await drop()).count, (await drop()).count], [3, 0]);
      await inOrder();
      assert.equal((await stored(app)).length, 1);
    });

    it('and each goes on where the other was faster', async () => {
      await leave(60);
      const going = new AbortController().signal;
      const purged = await Promise.all([purgeFiles(ctx, going), purgeFiles(ctx, going)]);
      assert.equal(purged[0] + purged[1], 60);
      await inOrder();
      assert.equal((await stored(app)).length, 1);
    });
  });
}
