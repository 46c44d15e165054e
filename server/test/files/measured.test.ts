import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { formOf } from '../harness/form.ts';
import type { Measured } from './measured_server.ts';
import { bomb, endlessGif, png, zipOf } from './samples.ts';

const MIB = 1024 * 1024;
const LARGEST = 10 * MIB;

describe('what uploads take of the server', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'veza-measured-'));
  const child = fork(fileURLToPath(new URL('./measured_server.ts', import.meta.url)), {
    env: {
      ...process.env,
      DATA_DIR: directory,
      RATE_LIMITS: 'off',
      LOG_LEVEL: 'warn',
      ADMIN_PASSWORD: 'the-first-account',
    },
  });
  after(async () => {
    const ended = once(child, 'exit');
    child.disconnect();
    await ended;
    rmSync(directory, { recursive: true });
  });
  const [url] = (await once(child, 'message')) as [string];

  async function measured(): Promise<Measured> {
    child.send('measure');
    return (await once(child, 'message'))[0] as Measured;
  }

  async function call(path: string, init: RequestInit): Promise<{ status: number; text: string }> {
    const response = await fetch(`${url}/api/v1${path}`, init);
    return { status: response.status, text: await response.text() };
  }

  const signedIn = await call('/auth/login', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: 'admin', password: 'the-first-account' }),
  });
  const authorization = `Bearer ${JSON.parse(signedIn.text).data.access_token}`;
  async function upload(name: string, content: Buffer): Promise<{ status: number; id: number }> {
    const { body, headers } = formOf([{ name: 'file', filename: name, content }]);
    const sent = { method: 'POST', headers: { ...headers, authorization }, body: new Uint8Array(body) };
    const { status, text } = await call('/files/upload', sent);
    return { status, id: JSON.parse(text).data?.file_id };
  }
  const noise = (letter: string) => Buffer.alloc(LARGEST, `${letter} of many words, `);

  it('memory stays flat, however much passes through', async (t) => {
    await upload('warm.txt', noise('w'));
    await measured();
    const { id } = await upload('first.txt', noise('f'));
    const before = await measured();
    const peaks: number[] = [];
    for (let round = 0; round < 6; round++) {
      const sent = [0, 1, 2, 3].map((i) => upload(`${round}.txt`, noise(`${round}${i}`)));
      const got = [0, 1, 2, 3].map(() => call(`/files/${id}/download`, { headers: { authorization } }));
      for (const { status } of await Promise.all(sent)) assert.equal(status, 201);
      for (const { status, text } of await Promise.all(got)) assert.deepEqual([status, text.length], [200, LARGEST]);
      peaks.push((await measured()).resident / MIB);
    }
    const [early, late] = [Math.max(...peaks.slice(0, 3)), Math.max(...peaks.slice(3))];
    const shown = [before.resident / MIB, ...peaks].map((peak) => peak.toFixed()).join(', ');
    t.diagnostic(`MiB resident before, then after each 40 in and 40 out at once: ${shown}`);
    // Buffers wait for the collector; whatever holds on to what has passed would have another 240 by then.
    assert.ok(late < early + 80, `${early} MiB, then ${late}`);
  });

  it('what is made to hold up the loop is answered like anything else; how long it did is shown', async (t) => {
    const text = Buffer.concat([Buffer.from('{"a":'.repeat(1_000_000)), Buffer.alloc(LARGEST - 5_000_000, '[')]);
    const comments = Buffer.from('<!-- -->'.repeat(1_300_000).slice(0, LARGEST));
    const names = Array.from({ length: 2_000 }, (_, i) => `name ${i}`);
    const samples: [string, Buffer, number][] = [
      ['plain.txt', noise('p'), 201],
      ['bomb.png', bomb(), 201],
      ['endless.gif', endlessGif(), 201],
      ['wide.png', png(5_000, 5_000), 201],
      ['deep.json', text, 201],
      ['comments.svg', comments, 201],
      ['many.zip', zipOf(...names), 201],
      ['noise.bin', Buffer.alloc(LARGEST, 1), 415],
      ['above.txt', Buffer.alloc(LARGEST + 1, 'x'), 413],
    ];
    for (const [name, content, expected] of samples) {
      await measured();
      const { status, id } = await upload(name, content);
      assert.equal(status, expected, name);
      if (status === 201)
        assert.equal((await call(`/files/${id}/thumbnail`, { headers: { authorization } })).status, 200);
      const { held } = await measured();
      t.diagnostic(`${name}: the loop was held for ${held.toFixed(1)} ms at most`);
    }
  });
});
