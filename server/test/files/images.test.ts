import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import sharp from 'sharp';
import { createImages } from '../../src/adapters/images/sharp.ts';
import { png } from './samples.ts';

const picture = png(60, 40);
const giving = (bytes: Buffer) => async () => new Uint8Array(bytes);

describe('the thread for pictures', () => {
  const images = createImages({ maxPixels: 1_000_000 });
  after(images.close);

  it('answers whatever it is given, measures first, and says so when too many wait', async () => {
    const answers = await Promise.allSettled(
      Array.from({ length: 40 }, (_, i) =>
        i % 2 ? images.measure(giving(picture)) : images.shrink(giving(Buffer.from('no')), 32, i),
      ),
    );
    const done = answers.filter(({ status }) => status === 'fulfilled').map((one) => (one as { value: unknown }).value);
    assert.equal(done.length, 32, 'sixteen of each');
    assert.deepEqual(done.slice(0, 2), ['unreadable', { width: 60, height: 40 }]);
    assert.deepEqual(await images.measure(giving(picture)), { width: 60, height: 40 });
  });

  it('reads a picture when the one before it is done, and none that it refuses', async () => {
    const steps: string[] = [];
    const asked = Array.from({ length: 40 }, async (_, i) => {
      const read = async () => {
        steps.push('read');
        // Whoever read ahead would do so now.
        await setImmediate();
        steps.push('given');
        return new Uint8Array(picture);
      };
      return i % 2 ? images.measure(read) : images.shrink(read, 32, 1);
    });
    await Promise.allSettled(asked);
    // Of one person four pictures at a time, and sixteen that are only measured.
    assert.deepEqual(steps, Array(20).fill(['read', 'given']).flat());
  });

  it('gives on what reading fails with, and goes on', async () => {
    const missing = new Error('not there');
    await assert.rejects(
      images.shrink(() => Promise.reject(missing), 32, 1),
      missing,
    );
    assert.deepEqual(await images.measure(giving(picture)), { width: 60, height: 40 });
  });

  it('ended in the midst of a picture says nothing of the picture, and goes on', async () => {
    await images.close();
    const going = images.shrink(giving(picture), 32, 1);
    await setImmediate();
    await images.close();
    assert.equal(await going, 'failed');
    assert.ok((await images.shrink(giving(picture), 32, 1)) instanceof Uint8Array);
  });

  it('out of time says nothing of the picture either', async () => {
    const hurried = createImages({ maxPixels: 1_000_000, maxMs: 1 });
    assert.equal(await hurried.shrink(giving(picture), 32, 1), 'failed');
    assert.equal(await hurried.measure(giving(picture)), 'failed');
    await hurried.close();
  });

  it('reads no more pixels than it may', async () => {
    const wide = await sharp({ create: { width: 1_001, height: 1_000, channels: 3, background: 'red' } })
      .png()
      .toBuffer();
    assert.equal(await images.shrink(giving(wide), 32, 1), 'unreadable');
  });
});
