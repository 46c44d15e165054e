import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { createDiskBlobs } from '../../src/adapters/blobs/disk.ts';
import { moveEmbedded } from '../../src/cli/migrate.ts';
import type { Terminal } from '../../src/cli/terminal.ts';
import { engines } from '../engines.ts';
import { startReceiver } from '../webhooks/receiver.ts';
import { openMovingHouse } from './house.ts';
import { live, login } from './life.ts';

for (const engine of engines.filter((engine) => engine === 'postgres'))
  describe(`a move from SQLite that takes the files along (${engine})`, async () => {
    const house = await openMovingHouse();
    const receiver = await startReceiver();
    const elsewhere = mkdtempSync(join(tmpdir(), 'veza-elsewhere-'));
    after(house.close);
    after(receiver.close);
    after(() => rmSync(elsewhere, { recursive: true }));

    it('has every file there, thumbnails too, and names what was lost before', async () => {
      const { ids } = await live(house, receiver);
      const source = createDiskBlobs({ directory: join(house.directory, 'files'), minFreeBytes: 0 });
      const before = await house.open({ WEBHOOK_DELIVERY: 'off' });
      const alice = await login(before, 'alice');
      const { file_id: lost } = await alice.upload({ name: 'lost.txt', content: 'lost some day' }, 201);
      const paths = [`/files/${ids.picture}/download`, `/files/${ids.picture}/thumbnail`];
      const bytes = await Promise.all(paths.map(async (path) => (await alice.request('GET', path)).bytes));
      const { sha256 } = await alice.get(`/files/${lost}`, 200);
      await before.close();
      const all = await Array.fromAsync(source.names());
      const { name } = all.find(({ name }) => name.startsWith(sha256)) ?? { name: '' };
      await source.remove(name);

      const [printed, warned]: [string[], string[]] = [[], []];
      const terminal: Terminal = {
        environment: { DATA_DIR: house.directory, MIN_FREE_DISK_BYTES: '0' },
        print: (line) => void printed.push(line),
        warn: (line) => void warned.push(line),
        progress: () => {},
        readInput: async () => '',
        interrupted: () => new AbortController().signal,
        start: async () => {},
      };
      const target = createDiskBlobs({ directory: join(elsewhere, 'files'), minFreeBytes: 0 });
      await moveEmbedded(terminal, house.url, async () => target);
      assert.equal(warned.length, 1);
      assert.match(warned[0] ?? '', new RegExp(`the bytes ${name} \\(blob \\d+\\) are missing, and were left out`));
      assert.match(
        printed.join('\n'),
        new RegExp(`^Files {2}${all.length - 1} were copied.*; 1 were lost before`, 'm'),
      );

      rmSync(join(house.directory, 'files'), { recursive: true });
      const after = await house.open({ DATA_DIR: elsewhere, DATABASE_URL: house.url, WEBHOOK_DELIVERY: 'off' });
      const again = await login(after, 'alice');
      for (const [place, path] of paths.entries())
        assert.ok((await again.request('GET', path)).bytes.equals(bytes[place] as Buffer), path);
      await again.get(`/files/${lost}/download`, 404);
      const admin = await login(after, 'admin');
      assert.equal((await admin.get('/admin/consistency', 200)).ok, true);
      await after.close();
    });
  });
