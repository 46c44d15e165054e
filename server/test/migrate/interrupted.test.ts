import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { engines } from '../engines.ts';
import { type House, openMovingHouse } from './house.ts';
import { migrateTo, runVeza } from './run_migrate.ts';

/** So many that there is time to interrupt. */
const MESSAGES = 40_000;
const upTo = `with recursive n(i) as (select 1 union all select i + 1 from n where i < ${MESSAGES})`;

for (const engine of engines.filter((engine) => engine === 'postgres'))
  describe(`a move from SQLite that is interrupted (${engine})`, async () => {
    const house: House = await openMovingHouse();
    after(house.close);
    let checksum: string;

    before(async () => {
      await (await house.open()).close();
      await house.alter(`${upTo} insert into messages (uuid, container_id, seq, author_id, content, thread_count, is_pinned, is_listed, edit_count,
        reaction_count, version, mentions, metadata, created_at, updated_at)
        select 'uuid ' || i, 1, i, 1, 'message ' || i, 0, 0, 1, 0, 0, 1, '[]', '{}', i, i from n`);
      checksum = house.checksum();
    });

    /** Once the transaction that was left is gone, which takes the other side a moment to notice. */
    async function tablesThere(): Promise<number> {
      const client = new pg.Client({ connectionString: house.url });
      await client.connect();
      const others = `select 1 from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`;
      while ((await client.query(others)).rows.length > 0) await sleep(20);
      const { rows } = await client.query(`select count(*)::int as n from pg_tables where schemaname = 'public'`);
      await client.end();
      return rows[0].n;
    }

    for (const [signal, code, says] of [
      ['SIGINT', 1, /^veza: interrupted; nothing was changed\n$/],
      ['SIGTERM', 1, /^veza: interrupted; nothing was changed\n$/],
      ['SIGKILL', null, /^$/],
    ] as const)
      it(`leaves nothing behind after ${signal}`, async () => {
        const args = ['migrate', '--to', house.url];
        const ended = await runVeza(house.directory, args, {}, (out, kill) => {
          if (/^ {2}members /m.test(out)) kill(signal);
        });
        assert.equal(ended.code, code, ended.out + ended.err);
        assert.match(ended.err, says);
        assert.doesNotMatch(ended.out, /^ {2}messages /m, 'it was in the middle');
        assert.equal(await tablesThere(), 0);
        assert.equal(house.checksum(), checksum);
        assert.ok(!existsSync(join(house.directory, 'moved-to-postgresql.txt')));
      });

    it('goes through the next time', async () => {
      const { code, out, err } = await migrateTo(house.directory, house.url);
      assert.deepEqual([code, err], [0, '']);
      assert.match(out, /^ {2}messages +40,000 /m);
      assert.deepEqual(await house.contents('other'), await house.contents('embedded'));
    });
  });
