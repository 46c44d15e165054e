import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import sharp from 'sharp';
import { createTestApp } from '../harness/app.ts';
import { places } from './places.ts';
import { bomb, endlessGif, png } from './samples.ts';
import { stored } from './stored.ts';

/** A picture of 600 × 400 with a place in its metadata. */
const photo = (format: 'jpeg' | 'png' | 'gif' | 'webp' | 'avif', orientation = 1) =>
  sharp({ create: { width: 600, height: 400, channels: 3, background: { r: 200, g: 30, b: 30 } } })
    .withExif({ IFD0: { Artist: 'SECRET ARTIST' }, IFD3: { GPSLatitude: '51/1 30/1 0/1' } })
    .withMetadata({ orientation })
    .toFormat(format, { effort: 1 } as object)
    .toBuffer();

for (const { name, engine, variables } of places) {
  describe(`pictures (${name})`, async () => {
    const app = await createTestApp(engine, await variables());
    after(app.close);
    const alice = await app.register('alice');
    const small = (url: string, size?: number) =>
      alice.request('GET', `${url}${size === undefined ? '' : `?size=${size}`}`);

    it('of every raster kind there is a small one, upright, and nothing else of it', async () => {
      for (const format of ['jpeg', 'png', 'gif', 'webp', 'avif'] as const) {
        const file = await alice.upload({ name: `photo.${format}`, content: await photo(format) }, 201);
        assert.deepEqual([file.width, file.height], [600, 400], format);
        for (const [size, side] of [
          [undefined, 256],
          [512, 512],
          [100, 96],
          [16, 16],
        ] as const) {
          const { status, headers, bytes } = await small(file.thumbnail_url, size);
          assert.deepEqual([status, headers['content-type']], [200, 'image/webp']);
          assert.match(String(headers['content-disposition']), /^inline/);
          const { width, height, exif, icc } = await sharp(bytes).metadata();
          assert.deepEqual(
            [width, height, exif, icc],
            [side, Math.round((side * 2) / 3), undefined, undefined],
            format,
          );
          assert.ok(!bytes.includes('SECRET'));
        }
      }
      const turned = await alice.upload({ name: 'turned.jpg', content: await photo('jpeg', 6) }, 201);
      assert.deepEqual([turned.width, turned.height], [400, 600]);
      const { width, height } = await sharp((await small(turned.thumbnail_url, 48)).bytes).metadata();
      assert.deepEqual([width, height], [32, 48]);
    });

    it('is made once, whoever asks at once, and goes with the last file of its bytes', async () => {
      const before = (await stored(app)).length;
      const content = await sharp(await photo('png'))
        .negate()
        .png()
        .toBuffer();
      const [one, two] = await Promise.all(['a.png', 'b.png'].map((name) => alice.upload({ name, content }, 201)));
      const replies = await Promise.all([one, two, one, two].map(({ thumbnail_url }) => small(thumbnail_url, 64)));
      assert.equal(new Set(replies.map(({ headers }) => headers.etag)).size, 1);
      assert.equal((await stored(app)).length, before + 2);
      const { etag } = replies[0]?.headers ?? {};
      const again = await alice.request('GET', `${one.thumbnail_url}?size=64`, {
        headers: { 'if-none-match': `${etag}` },
      });
      assert.equal(again.status, 304);
      await alice.delete(`/files/${one.file_id}`, 204);
      assert.equal((await stored(app)).length, before + 2);
      await alice.delete(`/files/${two.file_id}`, 204);
      assert.equal((await stored(app)).length, before);
      assert.equal((await small(two.thumbnail_url, 64)).status, 404);
    });

    it('of what is no picture, or cannot be read, there is an icon of its kind', async () => {
      const whole = await photo('jpeg');
      const files: [string, Buffer | string][] = [
        ['a.txt', 'words'],
        ['a.pdf', '%PDF-1.4\n'],
        ['a.svg', '<svg xmlns="http://www.w3.org/2000/svg"/>'],
        ['a.mp3', Buffer.from('ID3\x04\0\0\0\0\x7f\x7f', 'latin1')],
        ['bomb.png', bomb()],
        ['broken.png', png(40, 40).subarray(0, 60)],
        ['noise.jpg', Buffer.concat([whole.subarray(0, 20), Buffer.alloc(5_000, 0xa5)])],
      ];
      for (const [name, content] of files) {
        const file = await alice.upload({ name, content }, 201);
        for (let twice = 0; twice < 2; twice++) {
          const { status, headers, text } = await small(file.thumbnail_url);
          assert.deepEqual([status, headers['content-type']], [200, 'image/svg+xml'], name);
          assert.match(text, /^<svg[^<]+<path.*<\/svg>$/);
          assert.match(String(headers['content-security-policy']), /sandbox/);
        }
      }
    });

    it('ten thousand frames are one, and a cut one is no fault of ours', async () => {
      const file = await alice.upload({ name: 'endless.gif', content: endlessGif() }, 201);
      assert.deepEqual([file.width, file.height], [1, 1]);
      assert.equal((await small(file.thumbnail_url)).headers['content-type'], 'image/webp');
      for (const format of ['jpeg', 'png', 'gif', 'webp', 'avif'] as const) {
        const whole = await photo(format);
        for (const share of [0.3, 0.6, 0.95]) {
          const cut = whole.subarray(0, Math.max(64, Math.floor(whole.length * share)));
          const reply = await alice.upload({ name: `cut.${format}`, content: cut }, 201);
          assert.equal((await small(reply.thumbnail_url)).status, 200, `${format} ${share}`);
        }
      }
    });

    it('has a size between 16 and 512', async () => {
      const file = await alice.upload({ name: 'a.png', content: png(3, 3) }, 201);
      for (const size of [0, 15, 513, 100_000, -1]) assert.equal((await small(file.thumbnail_url, size)).status, 400);
      const { bytes } = await small(file.thumbnail_url, 512);
      assert.equal((await sharp(bytes).metadata()).width, 3, 'nothing is made larger');
    });
  });
}
