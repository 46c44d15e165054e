import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { createDiskBlobs } from '../../src/adapters/blobs/disk.ts';
import { ownCtx } from '../../src/context.ts';
import { StorageFull } from '../../src/db/database.ts';
import { sweepBlobs } from '../../src/modules/files/sweep.ts';
import { engines } from '../engines.ts';
import { createTestApp } from '../harness/app.ts';
import { conforms } from './blobs_conformance.ts';
import { stored } from './stored.ts';

async function* words() {
  yield Buffer.from('words');
}

describe('blobs on a disk', () => {
  const directory = mkdtempSync(join(tmpdir(), 'veza-blobs-'));
  after(() => rmSync(directory, { recursive: true }));
  conforms(createDiskBlobs({ directory, minFreeBytes: 0 }));

  it('takes nothing when the disk is nearly full', async () => {
    const blobs = createDiskBlobs({ directory, minFreeBytes: Number.MAX_SAFE_INTEGER });
    await assert.rejects(blobs.receive(words()), StorageFull);
    assert.deepEqual(readdirSync(join(directory, 'drafts')), []);
  });

  it('drops the drafts that a crash has left', async () => {
    const blobs = createDiskBlobs({ directory, minFreeBytes: 0 });
    await blobs.receive(words());
    assert.equal(readdirSync(join(directory, 'drafts')).length, 1);
    await blobs.dropDrafts(0);
    assert.deepEqual(readdirSync(join(directory, 'drafts')), []);
  });
});

for (const engine of engines) {
  describe(`what a crash has left (${engine})`, async () => {
    const app = await createTestApp(engine);
    after(app.close);

    it('between the bytes and their row is no file, and is swept; what has a row stays', async () => {
      const alice = await app.register('alice');
      const file = await alice.upload({ name: 'a.txt', content: 'kept' }, 201);
      const lost = await (await app.deps.files.blobs.receive(words())).keep();
      await app.deps.files.blobs.receive(words());
      const ctx = ownCtx(app.deps, 'test');
      const going = new AbortController().signal;
      assert.equal(await sweepBlobs(ctx, going), 0, 'it may be about to get its row');
      await app.unchanged(async () => {
        assert.equal(await sweepBlobs(ctx, going, 0), 1);
      });
      assert.ok(!stored(app).includes(lost));
      assert.equal((await alice.request('GET', file.url)).text, 'kept');
      assert.equal(await sweepBlobs(ctx, going, 0), 0);
    });
  });
}
