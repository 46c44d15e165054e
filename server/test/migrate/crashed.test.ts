import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { engines } from '../engines.ts';
import { startServer } from '../harness/server_process.ts';
import { openMovingHouse } from './house.ts';
import { migrateTo } from './run_migrate.ts';

for (const engine of engines.filter((engine) => engine === 'postgres'))
  describe(`a move from SQLite after a crash (${engine})`, async () => {
    const house = await openMovingHouse();
    after(house.close);

    it('has what was written last, which is not yet in the file itself', async () => {
      const server = startServer({ directory: house.directory, variables: { DATA_DIR: house.directory } });
      const account = { username: 'zoe', email: 'zoe@example.com', password: 'long enough' };
      const registered = await fetch(`${await server.url}/api/v1/auth/register`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(account),
      });
      assert.equal(registered.status, 201);
      await server.end('SIGKILL');
      assert.ok(statSync(join(house.directory, 'veza.db-wal')).size > 0);
      const { code, err } = await migrateTo(house.directory, house.url);
      assert.deepEqual([code, err], [0, '']);
      const moved = await house.contents('other');
      assert.ok(moved.some((line) => line.startsWith('users ') && line.includes('"username":"zoe"')));
      assert.deepEqual(moved, await house.contents('embedded'));
    });
  });
