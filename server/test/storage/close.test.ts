import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { engines } from '../engines.ts';
import { createPostgresDatabase } from '../postgres_database.ts';

const source = join(import.meta.dirname, '../../src/db/postgres.ts');

/** Of a process that has nothing else to do: whether it is still there once everything is closed. */
const program = `
  const { openPostgres } = await import(${JSON.stringify(source)});
  const url = process.argv[1];
  for (let pause = 0; pause < 30; pause++) {
    const db = openPostgres({ url });
    await db.ping();
    const until = performance.now() + pause / 5;
    while (performance.now() < until) await new Promise(setImmediate);
    await db.close();
  }
  console.log('closed');
`;

for (const engine of engines.filter((engine) => engine === 'postgres'))
  describe(`a database that is closed right after it was opened (${engine})`, async () => {
    const database = await createPostgresDatabase();
    after(database.drop);

    it('lets whoever waits for that go on', () => {
      const { status, stdout, stderr } = spawnSync(
        process.execPath,
        ['--input-type=module', '--eval', program, database.url],
        { encoding: 'utf8' },
      );
      assert.deepEqual([status, stdout, stderr], [0, 'closed\n', '']);
    });
  });
