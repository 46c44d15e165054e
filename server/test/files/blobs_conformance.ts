import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { it, type TestContext } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { BlobMissing, type Blobs } from '../../src/adapters/blobs/blobs.ts';
import type { HeldWrites } from './held_writes.ts';

async function* pieces(...parts: (string | Buffer)[]): AsyncIterable<Buffer> {
  for (const part of parts) yield Buffer.from(part);
}

async function read(blobs: Blobs, name: string, from?: number, to?: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of await blobs.open(name, from, to)) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

async function namesOf(blobs: Blobs): Promise<string[]> {
  const names: string[] = [];
  for await (const { name, keptAt } of blobs.names()) {
    assert.ok(Math.abs(Date.now() - keptAt) < 86_400_000);
    names.push(name);
  }
  return names.sort();
}

const PIECES = 200;
const PIECE = Buffer.alloc(64 * 1024, 'piece');
/** Of these pieces one MiB. */
export const MAX_AHEAD = 16;

/** How many pieces are taken while none of them can be written; then all of them are. */
export async function takenAhead(blobs: Blobs, { reached, release }: HeldWrites): Promise<number> {
  let taken = 0;
  const source = async function* () {
    while (taken < PIECES) {
      taken++;
      yield PIECE;
    }
  };
  const receiving = blobs.receive(source());
  await reached;
  for (let turns = 0; turns < 10 * PIECES; turns++) await setImmediate();
  const ahead = taken;
  release();
  const draft = await receiving;
  assert.equal(draft.size, PIECES * PIECE.length);
  await draft.discard();
  return ahead;
}

/** What every place for bytes has to do; run inside `describe`. `hold` stops its writing. */
export function conforms(blobs: Blobs, hold: (t: TestContext) => Promise<HeldWrites>, maxAhead = MAX_AHEAD): void {
  it('keeps what came, and gives back all of it or a part', async () => {
    const big = randomBytes(3_000_000);
    const draft = await blobs.receive(pieces('begin ', big, ' end'));
    const whole = Buffer.concat([Buffer.from('begin '), big, Buffer.from(' end')]);
    assert.equal(draft.size, whole.length);
    assert.equal(draft.sha256, createHash('sha256').update(whole).digest('hex'));
    const name = await draft.keep();
    assert.ok(await blobs.has(name));
    assert.ok((await read(blobs, name)).equals(whole));
    assert.equal((await read(blobs, name, 0, 4)).toString(), 'begin');
    assert.equal((await read(blobs, name, whole.length - 3, whole.length - 1)).toString(), 'end');
    assert.ok((await read(blobs, name, 1_000_000, 2_000_000)).equals(whole.subarray(1_000_000, 2_000_001)));
    await blobs.remove(name);
  });

  it('gives the same bytes another name each time, so that taking one away never hits the other', async () => {
    const names = await Promise.all([1, 2, 3].map(async () => (await blobs.receive(pieces('same'))).keep()));
    assert.equal(new Set(names).size, 3);
    assert.deepEqual(await namesOf(blobs), [...names].sort());
    await blobs.remove(names[0] as string);
    assert.equal((await read(blobs, names[1] as string)).toString(), 'same');
    for (const name of names) await blobs.remove(name);
    assert.deepEqual(await namesOf(blobs), []);
  });

  it('has nothing of what was discarded, of a source that failed, or of what was removed', async () => {
    await (await blobs.receive(pieces('no'))).discard();
    const failing = async function* () {
      yield Buffer.from('half');
      throw new Error('cut off');
    };
    await assert.rejects(blobs.receive(failing()), /cut off/);
    const name = await (await blobs.receive(pieces('yes'))).keep();
    await blobs.remove(name);
    await blobs.remove(name);
    await assert.rejects(blobs.open(name), BlobMissing);
    assert.equal(await blobs.has(name), false);
    assert.deepEqual(await namesOf(blobs), []);
  });

  it('goes on giving what was being read when it was removed', async () => {
    const bytes = randomBytes(2_000_000);
    const name = await (await blobs.receive(pieces(bytes))).keep();
    const stream = await blobs.open(name);
    await blobs.remove(name);
    const parts: Buffer[] = [];
    for await (const part of stream) parts.push(part as Buffer);
    assert.ok(Buffer.concat(parts).equals(bytes));
  });

  it('takes no faster than it can write', async (t) => {
    const ahead = await takenAhead(blobs, await hold(t));
    assert.ok(ahead <= maxAhead, `${ahead} pieces while nothing could be written`);
  });

  it('drops drafts of a time ago, and no others', async () => {
    const draft = await blobs.receive(pieces('young'));
    await blobs.dropDrafts(60_000);
    const name = await draft.keep();
    assert.equal((await read(blobs, name)).toString(), 'young');
    await blobs.remove(name);
  });

  it('keeps nothing of no bytes but an empty one', async () => {
    const draft = await blobs.receive(pieces());
    assert.equal(draft.size, 0);
    await draft.discard();
  });
}
