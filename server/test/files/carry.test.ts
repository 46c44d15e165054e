import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { after, describe, it } from 'node:test';
import { carryBlob } from '../../src/adapters/blobs/carry.ts';
import { createDiskBlobs } from '../../src/adapters/blobs/disk.ts';

describe('bytes that are carried from one storage into another', () => {
  const directory = mkdtempSync(join(tmpdir(), 'veza-carry-'));
  after(() => rmSync(directory, { recursive: true }));
  const [from, to] = ['from', 'to'].map((name) =>
    createDiskBlobs({ directory: join(directory, name), minFreeBytes: 0 }),
  ) as [ReturnType<typeof createDiskBlobs>, ReturnType<typeof createDiskBlobs>];
  const content = Buffer.from('words '.repeat(200_000));
  const sha256 = createHash('sha256').update(content).digest('hex');
  const kept = async () => (await from.receive([content] as unknown as AsyncIterable<Uint8Array>)).keep();

  it('are there under a name of their own, and stay where they were', async () => {
    const name = await kept();
    const carried = await carryBlob(from, to, { name, sha256, size: content.length });
    assert.ok('name' in carried && carried.name !== name);
    assert.ok((await buffer(await to.open(carried.name))).equals(content));
    assert.ok(await from.has(name));
  });

  it('are named when they are lost, or are not what they were', async () => {
    const name = await kept();
    assert.deepEqual(await carryBlob(from, to, { name: `${sha256}.gone`, sha256, size: 1 }), { lost: 'missing' });
    writeFileSync(join(directory, 'from', name.slice(0, 2), name), 'other words');
    assert.deepEqual(await carryBlob(from, to, { name, sha256, size: content.length }), { lost: 'damaged' });
    assert.deepEqual(readdirSync(join(directory, 'to', 'drafts')), [], 'nothing is left of them');
  });
});
