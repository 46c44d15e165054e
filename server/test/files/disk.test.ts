import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { after, describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { Blobs } from '../../src/adapters/blobs/blobs.ts';
import { createDiskBlobs } from '../../src/adapters/blobs/disk.ts';
import { ownCtx } from '../../src/context.ts';
import { StorageFull } from '../../src/db/database.ts';
import { sweepBlobs } from '../../src/modules/files/sweep.ts';
import { createTestApp } from '../harness/app.ts';
import { conforms, MAX_AHEAD, takenAhead } from './blobs_conformance.ts';
import { holdWrites } from './held_writes.ts';
import { places } from './places.ts';
import { stored } from './stored.ts';

async function* words() {
  yield Buffer.from('words');
}

describe('blobs on a disk', () => {
  const directory = mkdtempSync(join(tmpdir(), 'veza-blobs-'));
  after(() => rmSync(directory, { recursive: true }));
  const blobs = createDiskBlobs({ directory, minFreeBytes: 0 });
  conforms(blobs, holdWrites);

  it('one that takes all before it writes is seen', async (t) => {
    const receive: Blobs['receive'] = async (source) => blobs.receive(Readable.from(await Array.fromAsync(source)));
    assert.ok((await takenAhead({ ...blobs, receive }, await holdWrites(t))) > MAX_AHEAD);
  });

  it('one that waits for no write is seen', async (t) => {
    const receive: Blobs['receive'] = async (source) => {
      const passing = new PassThrough({ highWaterMark: Number.MAX_SAFE_INTEGER });
      const draft = blobs.receive(passing);
      for await (const piece of source) {
        passing.write(piece);
        await setImmediate();
      }
      passing.end();
      return draft;
    };
    assert.ok((await takenAhead({ ...blobs, receive }, await holdWrites(t))) > MAX_AHEAD);
  });

  it('takes nothing when the disk is nearly full', async () => {
    const full = createDiskBlobs({ directory, minFreeBytes: Number.MAX_SAFE_INTEGER });
    await assert.rejects(full.receive(words()), StorageFull);
    assert.deepEqual(readdirSync(join(directory, 'drafts')), []);
  });

  it('drops the drafts that a crash has left', async () => {
    await blobs.receive(words());
    assert.equal(readdirSync(join(directory, 'drafts')).length, 1);
    await blobs.dropDrafts(0);
    assert.deepEqual(readdirSync(join(directory, 'drafts')), []);
  });
});

for (const { name, engine, variables } of places) {
  describe(`what a crash has left (${name})`, async () => {
    const app = await createTestApp(engine, await variables());
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
      assert.ok(!(await stored(app)).includes(lost));
      assert.equal((await alice.request('GET', file.url)).text, 'kept');
      assert.equal(await sweepBlobs(ctx, going, 0), 0);
    });
  });
}
